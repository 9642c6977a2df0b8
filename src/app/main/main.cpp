// SPDX-License-Identifier: Apache-2.0
#include "app/acl_commands.h"
#include "app/admin_commands.h"
#include "app/auth_commands.h"
#include "app/commands.h"
#include "app/pool_commands.h"
#include "app/running_commands.h"
#include "cli/api.h"
#include "cli/bench/api.h"

int main(int argc, char** argv) {
  return sluice::cli::run(
      {sluice::app::commands(), sluice::app::admin_commands(), sluice::app::pool_commands(),
       sluice::app::running_commands(), sluice::app::acl_commands(), sluice::app::auth_commands(),
       sluice::cli::commands(), sluice::cli::bench::commands()},
      argc, argv);
}
