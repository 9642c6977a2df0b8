// SPDX-License-Identifier: Apache-2.0
// Settings of an export that sends opens to other servers.
#pragma once

#include "base/settings.h"
#include "base/units.h"

#include <string>
#include <tuple>
#include <vector>

namespace sluice::exporter {

struct ExportConfig {
  std::vector<std::string> nodes;
  Duration refresh{1'000};
  Duration patience{30'000};
};

inline constexpr std::tuple export_settings{
    setting("export.nodes", &ExportConfig::nodes, Reload::no,
            "Servers that export the same directory tree, HOST:PORT each: this one answers for "
            "names and sends whoever opens a file to one of them. Empty: it serves files itself."),
    setting("export.refresh", &ExportConfig::refresh, Duration(50), Duration(60'000), Reload::no,
            "How often each of export.nodes is asked whether it answers."),
    setting("export.patience", &ExportConfig::patience, Duration(0), Duration(3'600'000),
            Reload::no, "How long an open waits for one of export.nodes before it fails."),
};

}  // namespace sluice::exporter
