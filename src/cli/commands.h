// SPDX-License-Identifier: Apache-2.0
// The rows of this module, each defined beside its command; commands.cpp puts them in their order.
#pragma once

#include "cli/command.h"

namespace sluice::cli {

extern const CommandRow cat_row, checksum_row, chmod_row, completion_row, copy_row, df_row, du_row,
    help_row, list_row, locate_row, mkdir_row, move_row, ping_row, query_checksum_row,
    query_config_row, query_opaque_row, query_space_row, query_stats_row, query_xattr_row,
    remove_row, stat_row, tail_row, truncate_row, version_row, xattr_get_row, xattr_list_row,
    xattr_remove_row, xattr_set_row;

}  // namespace sluice::cli
