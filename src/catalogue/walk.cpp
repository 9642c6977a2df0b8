// SPDX-License-Identifier: Apache-2.0
#include "catalogue/walk.h"

#include "base/text.h"
#include "catalogue/acl.h"
#include "catalogue/entry_row.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>

namespace sluice::catalogue {
namespace {

constexpr std::size_t max_links = 32;  // followed on one path
constexpr std::size_t stride = 16;     // names that one statement looks up
constexpr std::size_t short_columns = 7;
constexpr std::size_t last_columns = entry_columns + 1;  // and the number of uploads of that name

// A chain of joins of fixed length, one statement per length. Outer joins, so that the answer tells how far the path goes.
struct WalkQuery {
  std::string text;
  std::string in;
  std::string out;
  sql::Query query;
};

// "eN.id, eN.parent, ...": the columns of a whole entry.
std::string entry_columns_of(const std::string& table) {
  std::string out;
  for (std::string_view column : split(SLUICE_ENTRY_COLUMNS, ',')) {
    out.append(out.empty() ? "" : ", ").append(table).append(".").append(trim(column));
  }
  return out;
}

WalkQuery make_walk_query(std::size_t length, bool with_replicas) {
  WalkQuery made;
  std::string columns;
  std::string joins;
  for (std::size_t i = 0; i <= length; ++i) {
    const std::string table = "e" + std::to_string(i);
    if (i == length) {
      columns += entry_columns_of(table);
      columns += fmt::format(
          ", (SELECT COUNT(*) FROM entry u WHERE u.parent = {0}.parent AND u.upload = 1 AND "
          "u.name = {0}.name)",
          table);
      made.out += SLUICE_ENTRY_LETTERS "i";
    } else {
      for (const char* column : {"id", "kind", "mode", "owner_id", "group_id", "target", "acl"}) {
        columns.append(table).append(".").append(column).append(", ");
      }
      made.out += "iiiiitt";
    }
    if (i == 0) continue;
    made.in += 't';
    joins += fmt::format(
        " LEFT JOIN entry {0} ON {0}.parent = e{1}.id AND {0}.upload = 0 AND {0}.name = :name{2}",
        table, i - 1, i);
  }
  if (with_replicas) {
    columns += ", r.pool, r.state, r.size, r.changed";
    made.out += "iiii";
    joins += fmt::format(" LEFT JOIN replica r ON r.file = e{}.id", length);
  }
  made.in += 'i';
  made.text = "SELECT " + columns + " FROM entry e0" + joins + " WHERE e0.id = :start";
  return made;
}

using WalkQueries = std::array<WalkQuery, stride + 1>;  // by length; that of 0 is empty

const sql::Query& walk_query(std::size_t length, bool with_replicas) {
  static std::array<WalkQueries, 2> queries = [] {
    std::array<WalkQueries, 2> made;
    for (std::size_t i = 1; i <= stride; ++i) {
      made[0][i] = make_walk_query(i, false);
      made[1][i] = make_walk_query(i, true);
    }
    return made;
  }();
  static const bool pointed = [] {  // after the texts have their final place
    for (WalkQueries& kind : queries) {
      for (WalkQuery& q : kind) q.query = {q.text, q.in, q.out};
    }
    return true;
  }();
  static_cast<void>(pointed);
  return queries.at(with_replicas ? 1 : 0).at(length).query;
}

// What one statement tells about one name.
struct Found {
  FileId id;
  EntryKind kind;
  Passed passed;
  std::string target;
};

class Walker {
 public:
  // Brings the replicas of what it finds where it is told a place for them.
  Walker(sql::Session& session, std::vector<std::string> names, LastLink last,
         std::vector<Replica>* replicas)
      : session_(session),
        todo_(std::make_move_iterator(names.begin()), std::make_move_iterator(names.end())),
        last_(last),
        replicas_(replicas) {}

  Result<Walk> run() {
    here_.push_back(root_directory);
    while (!todo_.empty() && !done_) {
      SLUICE_CHECK(todo_.front() == ".." ? go_up() : go_down());
    }
    if (!done_) {
      // The path ended in a directory that no statement brought whole: the root, or what ".." led to.
      SLUICE_TRY(walk_.entry, find_entry(session_, here_.back()));
      if (!walk_.entry) return fail(Errc::not_found, "a directory was removed meanwhile");
      ++statements_;
    }
    walk_.may_be_kept = walk_.entry && statements_ == 1 && links_ == 0 && !is_contended_;
    return std::move(walk_);
  }

 private:
  // Only targets of links have "..".
  Status go_up() {
    todo_.pop_front();
    if (here_.size() > 1) here_.pop_back();
    return {};
  }

  Status go_down() {
    std::size_t length = 0;
    while (length < todo_.size() && length < stride && todo_[length] != "..") ++length;
    std::vector<Found> found;
    Entry whole;
    SLUICE_CHECK(look_up(length, found, whole));
    if (found.empty()) return fail(Errc::not_found, "a directory was removed meanwhile");
    for (std::size_t i = 0; i < length; ++i) {
      walk_.passed.push_back(found[i].passed);
      if (i + 1 == found.size()) return stop_missing();
      SLUICE_TRY(const bool on, step(found[i + 1], i + 1 == length ? &whole : nullptr));
      if (!on) return {};
    }
    return {};
  }

  Status look_up(std::size_t length, std::vector<Found>& found, Entry& whole) {
    std::vector<sql::Value> values(todo_.begin(),
                                   todo_.begin() + static_cast<std::ptrdiff_t>(length));
    values.emplace_back(here_.back().number);
    const bool with_replicas = replicas_ != nullptr && length == todo_.size();
    ++statements_;
    SLUICE_TRY([[maybe_unused]] auto rows,
               session_.run(walk_query(length, with_replicas), values, [&](const sql::Row& row) {
                 // Further rows are further replicas.
                 if (found.empty()) {
                   read_chain(row, length, found, whole);
                   is_contended_ = row.integer(length * short_columns + entry_columns) > 0;
                 }
                 if (with_replicas) read_replica(row, length * short_columns);
               }));
    return {};
  }

  static void read_chain(const sql::Row& row, std::size_t length, std::vector<Found>& found,
                         Entry& whole) {
    for (std::size_t i = 0; i < length; ++i) {
      const std::size_t at = i * short_columns;
      if (row.is_null(at)) return;
      const FileId id{row.integer(at)};
      found.push_back({id,
                       static_cast<EntryKind>(row.integer(at + 1)),
                       {id, static_cast<std::uint32_t>(row.integer(at + 2)), row.integer(at + 3),
                        row.integer(at + 4), stored_acl(row.text(at + 6))},
                       row.text(at + 5)});
    }
    const std::size_t at = length * short_columns;
    if (row.is_null(at)) return;
    whole = entry_of(row, at);
    found.push_back({whole.id, whole.kind, passed_of(whole), whole.target});
  }

  void read_replica(const sql::Row& row, std::size_t at_entry) {
    const std::size_t at = at_entry + last_columns;
    if (row.is_null(at)) return;
    replicas_->push_back({{row.integer(at_entry)},
                          {row.integer(at)},
                          static_cast<ReplicaState>(row.integer(at + 1)),
                          static_cast<std::uint64_t>(row.integer(at + 2)),
                          row.integer(at + 3)});
  }

  // Takes the first name off the path. True when the entry was an ordinary directory and the next name is in it.
  Result<bool> step(const Found& found, const Entry* whole) {
    const bool at_end = todo_.size() == 1;
    if (found.kind == EntryKind::link && (!at_end || last_ == LastLink::followed)) {
      SLUICE_CHECK(follow(found.target));
      return false;
    }
    if (at_end && whole != nullptr) {
      walk_.entry = *whole;
      done_ = true;
      return false;
    }
    if (found.kind != EntryKind::directory) {
      return fail(Errc::not_file, "not a directory: " + todo_.front());
    }
    todo_.pop_front();
    here_.push_back(found.id);
    return true;
  }

  Status follow(std::string_view target) {
    if (++links_ > max_links) return fail(Errc::invalid_argument, "too many links on one path");
    todo_.pop_front();
    if (target.starts_with('/')) here_.resize(1);
    std::vector<std::string_view> names = split(target, '/');
    for (auto name = names.rbegin(); name != names.rend(); ++name) {
      if (!name->empty() && *name != ".") todo_.emplace_front(*name);
    }
    return {};
  }

  Status stop_missing() {
    walk_.missing.assign(todo_.begin(), todo_.end());
    done_ = true;
    return {};
  }

  sql::Session& session_;
  std::deque<std::string> todo_;
  const LastLink last_;
  std::vector<Replica>* const replicas_;
  std::vector<FileId> here_;  // from the root to where we are, for ".."
  std::size_t links_ = 0;
  std::size_t statements_ = 0;
  bool is_contended_ = false;
  bool done_ = false;
  Walk walk_;
};

}  // namespace

Passed passed_of(const Entry& directory) {
  return {directory.id, directory.mode, directory.owner, directory.group, directory.acl};
}

Result<std::vector<std::string>> names_of_path(std::string_view path) {
  if (!path.starts_with('/')) return fail(Errc::invalid_argument, "a path starts with '/'");
  if (path.size() > max_path) return fail(Errc::too_long, "a path of more than 4096 bytes");
  std::vector<std::string> names;
  for (std::string_view name : split(path, '/')) {
    if (name.empty()) continue;
    SLUICE_CHECK(check_name(name));
    names.emplace_back(name);
  }
  return names;
}

Result<Walk> walk(sql::Session& session, std::vector<std::string> names, LastLink last) {
  return Walker(session, std::move(names), last, nullptr).run();
}

Result<Located> locate(sql::Session& session, std::vector<std::string> names, LastLink last) {
  Located out;
  SLUICE_TRY(out.walk, Walker(session, std::move(names), last, &out.replicas).run());
  std::ranges::sort(out.replicas, {}, &Replica::pool);
  return out;
}

}  // namespace sluice::catalogue
