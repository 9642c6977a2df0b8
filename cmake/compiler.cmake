# SPDX-License-Identifier: Apache-2.0
# Compiler rules that hold for every target: the compiler itself, language, warnings, sanitizers.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# Every library ends in a program: one code model for all, so that libraries and tests share the precompiled header.
set(CMAKE_CXX_COMPILE_OPTIONS_PIC -fPIE)

option(SLUICE_TESTS "Build the unit tests" ON)
option(SLUICE_FUZZ "Build the fuzz targets with a loop over their corpus" OFF)
option(SLUICE_LIBFUZZER "Build the fuzz targets with libFuzzer" OFF)
option(SLUICE_IO_URING "Let Asio wait with io_uring instead of epoll (docs/decisions/0007)" OFF)
set(SLUICE_SANITIZE "" CACHE STRING "Value of -fsanitize=, empty for none")

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
  message(FATAL_ERROR "GCC ${CMAKE_CXX_COMPILER_VERSION} miscompiles coroutines: configure with --preset, which takes clang++-19")
endif()

add_compile_options(-Wall -Wextra -Wconversion -Wshadow -Wnon-virtual-dtor -Werror -fno-omit-frame-pointer)
add_link_options(-fuse-ld=lld)
if(SLUICE_SANITIZE)
  add_compile_options(-fsanitize=${SLUICE_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SLUICE_SANITIZE})
endif()
if(SLUICE_LIBFUZZER)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # The precompiled header changes only with its content; without this ccache refuses every file that uses it.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
  add_compile_options(-Xclang -fno-pch-timestamp)
endif()
