// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include "base/text.h"

#include <fmt/format.h>

namespace sluice::cli {
namespace {

// What `sluice ls` is asked for the remote paths below a directory.
#define SLUICE_LIST_COMMAND "sluice ls --urls --slash --timeout '3 s'"

// One row as the shells need it.
struct Entry {
  std::string path;
  std::string help;
  std::vector<OptionSpec> options;
  std::vector<OptionSpec> arguments;
};

struct Group {
  std::string word;
  std::vector<const Entry*> entries;  // one with an empty second word is a command itself
};

std::vector<Entry> entries_of(const Tables& tables) {
  std::vector<Entry> entries;
  for (auto table : tables) {
    for (const CommandRow& row : table) {
      DeclaredCommand declared;
      declare(row, declared);
      Entry& entry =
          entries.emplace_back(Entry{std::string(row.path), std::string(row.help), {}, {}});
      for (const OptionSpec& spec : declared.options.specs()) {
        (spec.is_argument() ? entry.arguments : entry.options).push_back(spec);
      }
    }
  }
  return entries;
}

std::string_view first_word(const Entry& entry) {
  return std::string_view(entry.path).substr(0, entry.path.find(' '));
}
std::string_view second_word(const Entry& entry) {
  std::size_t space = entry.path.find(' ');
  return space == std::string::npos ? std::string_view()
                                    : std::string_view(entry.path).substr(space + 1);
}

std::vector<Group> groups_of(const std::vector<Entry>& entries) {
  std::vector<Group> groups;
  for (const Entry& entry : entries) {
    if (groups.empty() || groups.back().word != first_word(entry)) {
      groups.push_back({std::string(first_word(entry)), {}});
    }
    groups.back().entries.push_back(&entry);
  }
  return groups;
}
bool has_second_words(const Group& group) { return !second_word(*group.entries.back()).empty(); }

// The kind of argument worth completing: shells do not count which argument they are at.
Complete argument_kind(const Entry& entry) {
  Complete kind = Complete::nothing;
  for (const OptionSpec& spec : entry.arguments) {
    if (spec.complete != Complete::nothing) kind = spec.complete;
  }
  return kind;
}

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// For text between single quotes of bash and zsh.
std::string quoted(std::string text) { return replace_all(std::move(text), "'", "'\\''"); }

// ---- bash

std::string bash_kind(const OptionSpec& spec) {
  switch (spec.complete) {
    case Complete::nothing:
      return "nothing";
    case Complete::choice:
      return fmt::format("'words {}'", fmt::join(spec.choices, " "));
    case Complete::local:
      return "local";
    case Complete::directory:
      return "directory";
    case Complete::remote:
      return "remote";
    case Complete::any_path:
      return "any";
  }
  return "nothing";
}

std::string bash_entry(const Entry& entry) {
  std::vector<std::string> names;
  std::string values;
  for (const OptionSpec& spec : entry.options) {
    for (std::string_view name : split(spec.names, ',')) names.emplace_back(name);
    if (spec.is_flag()) continue;
    values += fmt::format(" {}) kind={} ;;", replace_all(spec.names, ",", "|"), bash_kind(spec));
  }
  OptionSpec argument;
  argument.complete = argument_kind(entry);
  return fmt::format("    '{}') options='{}'\n      case $previous in{} *) kind={} ;; esac ;;\n",
                     entry.path, fmt::join(names, " "), values, bash_kind(argument));
}

constexpr std::string_view bash_head =
    R"(# bash completion of sluice; printed by `sluice completion bash`.
_sluice_remote() {
  local line
  case $1 in *://*/*) ;; *) return ;; esac
  )" SLUICE_LIST_COMMAND R"( "${1%/*}/" 2>/dev/null | while IFS= read -r line; do
    [[ $line == "$1"* ]] && printf '%s\n' "$line"
  done
}
_sluice() {
  local line=${COMP_LINE:0:COMP_POINT} current previous command options= kind=nothing
  local -a words
  # Bash cuts words at ":" too, which would tear URLs.
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  current=${words[-1]} previous=${words[-2]} command=${words[1]}
  COMPREPLY=()
)";

constexpr std::string_view bash_tail = R"(  esac
  case $kind,$current in
    words*,*) mapfile -t COMPREPLY < <(compgen -W "${kind#words }" -- "$current") ;;
    *,-*) mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current") ;;
    remote,*|any,*://*)
      local cut=
      [[ $COMP_WORDBREAKS == *:* ]] && cut=${current%"${current##*:}"}
      mapfile -t COMPREPLY < <(_sluice_remote "$current")
      COMPREPLY=("${COMPREPLY[@]#"$cut"}")
      compopt -o nospace ;;
    directory,*) mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames ;;
    local,*|any,*) mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames ;;
  esac
}
complete -F _sluice sluice
)";

std::string bash_script(const std::vector<Entry>& entries, const std::vector<Group>& groups) {
  std::string out(bash_head);
  std::vector<std::string> first;
  for (const Group& group : groups) first.push_back(group.word);
  out += fmt::format(
      "  if (( ${{#words[@]}} <= 2 )); then\n"
      "    mapfile -t COMPREPLY < <(compgen -W '{}' -- \"$current\")\n    return\n  fi\n  case "
      "$command in\n",
      fmt::join(first, " "));
  for (const Group& group : groups) {
    if (!has_second_words(group)) continue;
    std::vector<std::string_view> second;
    for (const Entry* entry : group.entries) second.push_back(second_word(*entry));
    out += fmt::format(
        "    {})\n      if (( ${{#words[@]}} == 3 )); then\n"
        "        mapfile -t COMPREPLY < <(compgen -W '{}' -- \"$current\")\n        return\n      "
        "fi\n"
        "      command+=\" ${{words[2]}}\" ;;\n",
        group.word, fmt::join(second, " "));
  }
  out += "  esac\n  case $command in\n";
  for (const Entry& entry : entries) out += bash_entry(entry);
  out += bash_tail;
  return out;
}

// ---- zsh

std::string zsh_text(std::string text) {
  for (std::string_view special : {"\\", "[", "]", ":"}) {
    text = replace_all(std::move(text), special, fmt::format("\\{}", special));
  }
  return quoted(std::move(text));
}

std::string zsh_action(const OptionSpec& spec) {
  switch (spec.complete) {
    case Complete::nothing:
      return " ";
    case Complete::choice:
      return fmt::format("({})", fmt::join(spec.choices, " "));
    case Complete::local:
      return "_files";
    case Complete::directory:
      return "_files -/";
    case Complete::remote:
      return "_sluice_remote";
    case Complete::any_path:
      return "_sluice_any";
  }
  return " ";
}

std::string zsh_option(const OptionSpec& spec) {
  std::string out;
  std::string others = replace_all(spec.names, ",", " ");
  for (std::string_view name : split(spec.names, ',')) {
    std::string_view glue = spec.is_flag() ? "" : name.starts_with("--") ? "=" : "+";
    std::string value =
        spec.is_flag() ? "" : fmt::format(":{}:{}", zsh_text(spec.value), zsh_action(spec));
    out += fmt::format(" \\\n        '{}{}{}[{}]{}'",
                       spec.repeatable ? "*" : fmt::format("({})", others), name, glue,
                       zsh_text(spec.help), value);
  }
  return out;
}

std::string zsh_entry(const Entry& entry) {
  std::string out = fmt::format("    ('{}')\n      _arguments -s", entry.path);
  for (const OptionSpec& spec : entry.options) out += zsh_option(spec);
  std::size_t position = 0;
  for (const OptionSpec& spec : entry.arguments) {
    std::string place = spec.most > 1 ? "*" : std::to_string(++position);
    out += fmt::format(" \\\n        '{}:{}:{}'", place, zsh_text(spec.names), zsh_action(spec));
  }
  return out + " ;;\n";
}

constexpr std::string_view zsh_head = R"(#compdef sluice
# zsh completion of sluice; printed by `sluice completion zsh`.
_sluice_remote() {
  local -a found
  [[ $PREFIX == *://*/* ]] || return 1
  found=("${(@f)$()" SLUICE_LIST_COMMAND R"( "${PREFIX%/*}/" 2>/dev/null)}")
  compadd -S '' -- ${found:#}
}
_sluice_any() {
  if [[ $PREFIX == *://* ]]; then _sluice_remote; else _files; fi
}
_sluice() {
  local command=$words[2]
  local -a list
)";

std::string zsh_list(const std::vector<std::pair<std::string_view, std::string_view>>& words,
                     std::string_view indent) {
  std::string out = fmt::format("{}list=(", indent);
  for (auto [word, help] : words) {
    out += fmt::format("\n{}  '{}:{}'", indent, word, quoted(std::string(help)));
  }
  return out + fmt::format(")\n{}_describe command list\n{}return\n", indent, indent);
}

std::string zsh_script(const std::vector<Entry>& entries, const std::vector<Group>& groups) {
  std::string out(zsh_head);
  std::vector<std::pair<std::string_view, std::string_view>> first;
  for (const Group& group : groups) first.emplace_back(group.word, group.entries[0]->help);
  out += "  if (( CURRENT == 2 )); then\n" + zsh_list(first, "    ") + "  fi\n  case $command in\n";
  for (const Group& group : groups) {
    if (!has_second_words(group)) continue;
    std::vector<std::pair<std::string_view, std::string_view>> second;
    for (const Entry* entry : group.entries) second.emplace_back(second_word(*entry), entry->help);
    out += fmt::format("    ({})\n      if (( CURRENT == 3 )); then\n", group.word) +
           zsh_list(second, "        ") +
           "      fi\n      command+=\" $words[3]\"\n      shift words; (( CURRENT-- )) ;;\n";
  }
  out += "  esac\n  shift words; (( CURRENT-- ))\n  case $command in\n";
  for (const Entry& entry : entries) out += zsh_entry(entry);
  return out +
         "  esac\n}\n"
         "if [[ $funcstack[1] == _sluice ]]; then _sluice \"$@\"; else compdef _sluice sluice; "
         "fi\n";
}

// ---- fish

std::string fish_text(std::string text) {
  return replace_all(replace_all(std::move(text), "\\", "\\\\"), "'", "\\'");
}

std::string fish_value(const OptionSpec& spec) {
  switch (spec.complete) {
    case Complete::nothing:
      return "";
    case Complete::choice:
      return fmt::format(" -a '{}'", fmt::join(spec.choices, " "));
    case Complete::local:
      return " -F";
    case Complete::directory:
      return " -a '(__fish_complete_directories)'";
    case Complete::remote:
      return " -a '(__sluice_remote)'";
    case Complete::any_path:
      return " -F -a '(__sluice_remote)'";
  }
  return "";
}

std::string fish_option(const OptionSpec& spec) {
  std::string out;
  for (std::string_view name : split(spec.names, ',')) {
    out += name.starts_with("--") ? fmt::format(" -l {}", name.substr(2))
                                  : fmt::format(" -s {}", name.substr(1));
  }
  if (!spec.is_flag()) out += " -r" + fish_value(spec);
  return out + fmt::format(" -d '{}'", fish_text(spec.help));
}

constexpr std::string_view fish_head =
    R"(# fish completion of sluice; printed by `sluice completion fish`.
function __sluice_remote
    set -l url (commandline -ct)
    string match -q '*://*/*' -- $url; or return
    )" SLUICE_LIST_COMMAND R"( (string replace -r '[^/]*$' '' -- $url) 2>/dev/null
end
function __sluice_is
    set -l words (commandline -opc)
    set -l last (math (count $argv) + 1)
    test (count $words) -ge $last; or return 1
    test "$words[2..$last]" = "$argv"
end
function __sluice_at
    test (count (commandline -opc)) -eq (math (count $argv) + 1); and __sluice_is $argv
end
complete -c sluice -f
)";

std::string fish_script(const std::vector<Entry>& entries, const std::vector<Group>& groups) {
  std::string out(fish_head);
  for (const Group& group : groups) {
    out +=
        fmt::format("complete -c sluice -n 'test (count (commandline -opc)) -eq 1' -a {} -d '{}'\n",
                    group.word, fish_text(group.entries[0]->help));
    if (!has_second_words(group)) continue;
    for (const Entry* entry : group.entries) {
      out += fmt::format("complete -c sluice -n '__sluice_at {}' -a {} -d '{}'\n", group.word,
                         second_word(*entry), fish_text(entry->help));
    }
  }
  for (const Entry& entry : entries) {
    for (const OptionSpec& spec : entry.options) {
      out +=
          fmt::format("complete -c sluice -n '__sluice_is {}'{}\n", entry.path, fish_option(spec));
    }
    OptionSpec argument;
    argument.complete = argument_kind(entry);
    if (std::string value = fish_value(argument); !value.empty()) {
      out += fmt::format("complete -c sluice -n '__sluice_is {}'{}\n", entry.path, value);
    }
  }
  return out;
}

#undef SLUICE_LIST_COMMAND

}  // namespace

Result<std::string> completion_script(const Tables& tables, std::string_view shell) {
  std::vector<Entry> entries = entries_of(tables);
  std::vector<Group> groups = groups_of(entries);
  if (shell == "bash") return bash_script(entries, groups);
  if (shell == "zsh") return zsh_script(entries, groups);
  if (shell == "fish") return fish_script(entries, groups);
  return fail(Errc::usage,
              fmt::format("no completion for \"{}\"; there is bash, zsh and fish", shell));
}

}  // namespace sluice::cli
