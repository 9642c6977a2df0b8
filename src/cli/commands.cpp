// SPDX-License-Identifier: Apache-2.0
// All commands of this module, in the order in which help shows them.
#include "cli/commands.h"

#include "cli/api.h"

namespace sluice::cli {

std::span<const CommandRow> commands() {
  static const std::array rows = {
      copy_row,         list_row,         stat_row,        cat_row,         tail_row,
      mkdir_row,        remove_row,       move_row,        chmod_row,       truncate_row,
      checksum_row,     xattr_get_row,    xattr_set_row,   xattr_list_row,  xattr_remove_row,
      locate_row,       query_config_row, query_space_row, query_stats_row, query_xattr_row,
      query_opaque_row, df_row,           du_row,          ping_row,        completion_row,
      help_row,         version_row};
  return rows;
}

}  // namespace sluice::cli
