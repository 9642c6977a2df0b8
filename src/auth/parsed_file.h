// SPDX-License-Identifier: Apache-2.0
// A file of keys or names that is parsed once, and again whenever it changed: whoever asks gets what is in it now, or, while
// it is missing or wrong, what was in it last. Asking costs a stat(2). Used by many threads at once.
#pragma once

#include "auth/file_text.h"
#include "base/result.h"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace sluice::auth {

// One line of the log, for as long as nobody touches the file.
void log_kept_file(const std::string& path, const Error& error);

template <class T>
class ParsedFile {
 public:
  using Parse = std::function<Result<T>(const FileText& file, const std::string& path)>;

  static Result<std::unique_ptr<ParsedFile>> open(std::string path, std::size_t limit,
                                                  Parse parse) {
    std::unique_ptr<ParsedFile> file(new ParsedFile(std::move(path), limit, std::move(parse)));
    SLUICE_CHECK(file->look());
    return file;
  }

  const std::string& path() const { return path_; }

  std::shared_ptr<const T> now() {
    const std::lock_guard lock(mutex_);
    if (auto looked = look(); !looked) log_kept_file(path_, looked.error());
    return value_;
  }

  // What is wrong with the file, if anything; its content is taken over otherwise.
  Status reload() {
    const std::lock_guard lock(mutex_);
    stamp_.size = -2;  // none like that
    return look();
  }

 private:
  ParsedFile(std::string path, std::size_t limit, Parse parse)
      : path_(std::move(path)), limit_(limit), parse_(std::move(parse)) {}

  // A file that is wrong is not read again before it changed.
  Status look() {
    const FileStamp stamp = FileStamp::of(path_);
    if (value_ && stamp == stamp_) return {};
    auto file = read_file(path_, limit_);
    stamp_ = file ? file->stamp : stamp;
    if (!file) return tl::unexpected<Error>(std::move(file).error());
    SLUICE_TRY(T value, parse_(*file, path_));
    value_ = std::make_shared<const T>(std::move(value));
    return {};
  }

  const std::string path_;
  const std::size_t limit_;
  const Parse parse_;
  std::mutex mutex_;
  FileStamp stamp_;
  std::shared_ptr<const T> value_;
};

}  // namespace sluice::auth
