// SPDX-License-Identifier: Apache-2.0
// Decoded requests and answers as text, "name field=value ...", for comparison with the vectors of
// tests/conformance. Fields that have their default value are left out, so that a vector shows what
// is special about it.
#pragma once

#include "xroot/dirlist_text.h"
#include "xroot/requests/all.h"
#include "xroot/responses.h"

#include <string>

namespace sluice::xroot {

class Description {
 public:
  explicit Description(std::string_view name) : text_(name) {}

  template <class T>
    requires std::integral<T>
  Description& field(std::string_view name, T value) {
    if (value == 0) return *this;
    if constexpr (std::same_as<T, bool>) return word(name);
    return word(std::string(name) + "=" + std::to_string(value));
  }
  [[gnu::noinline]] Description& field(std::string_view name, std::string_view value) {
    if (value.empty()) return *this;
    std::string quoted;
    for (char c : value) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte >= ' ' && byte < 0x7f && c != '\\' && c != '"') {
        quoted += c;
      } else {
        quoted += "\\x" + hex(byte);
      }
    }
    return word(std::string(name) + "=\"" + quoted + "\"");
  }
  Description& field(std::string_view name, ByteView value) { return field(name, as_text(value)); }
  [[gnu::noinline]] Description& octal(std::string_view name, unsigned value) {
    std::string digits;
    for (unsigned rest = value; rest != 0; rest /= 8)
      digits.insert(digits.begin(), static_cast<char>('0' + rest % 8));
    return value == 0 ? *this : word(std::string(name) + "=0" + digits);
  }
  [[gnu::noinline]] Description& word(std::string_view text) {
    text_ += ' ';
    text_ += text;
    return *this;
  }
  operator std::string() const { return text_; }

 private:
  static std::string hex(unsigned char byte) {
    constexpr std::string_view digits = "0123456789abcdef";
    return {digits[byte >> 4], digits[byte & 15]};
  }
  std::string text_;
};

template <class Flags, std::size_t N>
Description& add_flags(Description& out, const Flags& flags,
                       const std::array<FlagBit<Flags>, N>& table) {
  return out.field("flags", write_flags(flags, table));
}

inline std::string describe(const VectorItem& item) {
  return "{" + std::to_string(item.handle) + "," + std::to_string(item.offset) + "+" +
         std::to_string(item.length) + "}";
}
inline void add_items(Description& out, const VectorItems& items) {
  for (VectorItem item : items) out.word(describe(item));
}

// --- requests
// ---------------------------------------------------------------------------------------------------------

inline std::string describe(const Auth& r) {
  return Description("auth").field("method", r.method_name()).field("credential", r.credential);
}
inline std::string describe(const Query& r) {
  return Description("query")
      .field("kind", static_cast<unsigned>(r.kind))
      .field("handle", r.handle)
      .field("args", r.args);
}
inline std::string describe(const Chmod& r) {
  return Description("chmod").octal("mode", r.mode).field("path", r.path);
}
inline std::string describe(const Close& r) {
  return Description("close").field("handle", r.handle);
}
inline std::string describe(const Dirlist& r) {
  return Description("dirlist")
      .field("online", r.flags.online)
      .field("stat", r.flags.with_stat)
      .field("checksum", r.flags.with_checksum)
      .field("long-stat", r.flags.with_long_stat)
      .field("path", r.path);
}
inline std::string describe(const Gpfile& r) {
  return Description("gpfile")
      .field("options", r.options)
      .field("buffer", r.buffer_size)
      .field("path", r.path);
}
inline std::string describe(const Protocol& r) {
  return Description("protocol")
      .field("version", r.version)
      .field("signing-rules", r.flags.signing_rules)
      .field("can-tls", r.flags.can_tls)
      .field("want-tls", r.flags.want_tls)
      .field("bind-rules", r.flags.bind_rules)
      .field("expect", static_cast<unsigned>(r.expect));
}
inline std::string describe(const Login& r) {
  return Description("login")
      .field("pid", r.pid)
      .field("user", r.user_name())
      .field("abilities", write_flags(r.abilities, ability_bits))
      .field("erasure", r.abilities.erasure_redirects)
      .field("version", r.client_version)
      .field("async", r.accepts_async)
      .field("cgi", r.cgi);
}
inline std::string describe(const Mkdir& r) {
  return Description("mkdir")
      .field("parents", r.parents)
      .octal("mode", r.mode)
      .field("path", r.path);
}
inline std::string describe(const Mv& r) {
  return Description("mv").field("source", r.source).field("target", r.target);
}
inline std::string describe(const Open& r) {
  Description out("open");
  const OpenFlags& f = r.flags;
  out.field("compress", f.compress)
      .field("overwrite", f.overwrite)
      .field("force", f.force)
      .field("create", f.create);
  out.field("read", f.read)
      .field("update", f.update)
      .field("async", f.async)
      .field("refresh", f.refresh);
  out.field("make-path", f.make_path).field("append", f.append).field("return-stat", f.return_stat);
  out.field("replica", f.replica)
      .field("posc", f.posc)
      .field("no-wait", f.no_wait)
      .field("sequential", f.sequential);
  out.field("write-only", f.write_only).field("duplicate", f.duplicate).field("same-fs", f.same_fs);
  out.field("return-statx", f.return_statx).field("direct-io", f.direct_io);
  return out.octal("mode", r.mode).field("template", r.template_handle).field("path", r.path);
}
inline std::string describe(const Ping&) { return "ping"; }
inline std::string describe(const Chkpoint& r) {
  Description out("chkpoint");
  out.field("handle", r.handle).field("code", static_cast<unsigned>(r.code));
  if (r.code == CheckpointCode::execute) {
    out.field("nested", request_name(r.nested.id)).field("length", r.nested.length);
  }
  return out;
}
inline std::string describe(const Read& r) {
  Description out("read");
  out.field("handle", r.handle)
      .field("offset", r.offset)
      .field("length", r.length)
      .field("path-id", r.path_id);
  add_items(out, r.readahead);
  return out;
}
inline std::string describe(const Rm& r) { return Description("rm").field("path", r.path); }
inline std::string describe(const Rmdir& r) { return Description("rmdir").field("path", r.path); }
inline std::string describe(const Sync& r) { return Description("sync").field("handle", r.handle); }
inline std::string describe(const Stat& r) {
  return Description("stat")
      .field("file-system", r.file_system)
      .field("birth-time", r.wants_birth_time)
      .field("handle", r.handle)
      .field("path", r.path);
}
inline std::string describe(const Set& r) {
  return Description("set").field("modifier", r.modifier).field("text", r.text);
}
inline std::string describe(const Write& r) {
  return Description("write")
      .field("handle", r.handle)
      .field("offset", r.offset)
      .field("path-id", r.path_id);
}
inline std::string describe(const Fattr& r) {
  Description out("fattr");
  out.field("handle", r.handle)
      .field("code", static_cast<unsigned>(r.code))
      .field("must-be-new", r.must_be_new);
  out.field("values", r.with_values).field("path", r.path);
  for (const FattrItem& item : r.items) out.field("name", item.name).field("value", item.value);
  return out;
}
inline std::string describe(const Prepare& r) {
  Description out("prepare");
  const PrepareFlags& f = r.flags;
  out.field("cancel", f.cancel)
      .field("notify", f.notify)
      .field("no-errors", f.no_errors)
      .field("stage", f.stage);
  out.field("for-writing", f.for_writing).field("colocate", f.colocate).field("fresh", f.fresh);
  out.field("use-tcp", f.use_tcp)
      .field("evict", f.evict)
      .field("priority", r.priority)
      .field("port", r.notify_port);
  for (std::string_view path : r.paths) out.field("path", path);
  return out;
}
inline std::string describe(const Statx& r) {
  Description out("statx");
  for (std::string_view path : r.paths) out.field("path", path);
  return out;
}
inline std::string describe(const Endsess& r) {
  return Description("endsess").field("session", r.session);
}
inline std::string describe(const Bind& r) {
  return Description("bind").field("session", r.session);
}
inline std::string describe(const Readv& r) {
  Description out("readv");
  out.field("path-id", r.path_id);
  add_items(out, r.items);
  return out;
}
inline std::string describe(const Pgwrite& r) {
  return Description("pgwrite")
      .field("handle", r.handle)
      .field("offset", r.offset)
      .field("path-id", r.path_id)
      .field("retry", r.retry);
}
inline std::string describe(const Locate& r) {
  const LocateFlags& f = r.flags;
  return Description("locate")
      .field("unique", f.unique)
      .field("force", f.force)
      .field("refresh", f.refresh)
      .field("prefer-names", f.prefer_names)
      .field("for-dirlist", f.for_dirlist)
      .field("no-wait", f.no_wait)
      .field("any-server", r.any_server)
      .field("path", r.path);
}
inline std::string describe(const Truncate& r) {
  return Description("truncate")
      .field("handle", r.handle)
      .field("size", r.size)
      .field("path", r.path);
}
inline std::string describe(const Sigver& r) {
  return Description("sigver")
      .field("expected", r.expected_id)
      .field("version", r.version)
      .field("without-payload", r.without_payload)
      .field("sequence", r.sequence)
      .field("crypto", r.crypto)
      .field("signature", r.signature);
}
inline std::string describe(const Pgread& r) {
  return Description("pgread")
      .field("handle", r.handle)
      .field("offset", r.offset)
      .field("length", r.length)
      .field("path-id", r.path_id)
      .field("retry", r.retry);
}
inline std::string describe(const Writev& r) {
  Description out("writev");
  out.field("sync", r.sync);
  add_items(out, r.items);
  return out;
}
inline std::string describe(const Clone& r) {
  Description out("clone");
  out.field("handle", r.handle);
  for (const CloneRange& range : r.ranges) {
    out.word("{" + std::to_string(range.source_handle) + "," + std::to_string(range.source_offset) +
             "+" + std::to_string(range.length) + "->" + std::to_string(range.target_offset) + "}");
  }
  return out;
}

// --- answers
// ----------------------------------------------------------------------------------------------------------

inline std::string describe(const FileStat& s) {
  Description out("stat");
  out.field("id", s.id)
      .field("size", s.size)
      .field("flags", s.flags.word())
      .field("mtime", s.mtime);
  if (!s.is_long_form) return out.word("short");
  out.field("ctime", s.ctime).field("atime", s.atime).octal("mode", s.mode);
  return out.field("owner", s.owner).field("group", s.group);
}
inline std::string describe(const FileSystemStat& s) {
  return Description("file-system")
      .field("nodes", s.nodes)
      .field("free-mb", s.free_mb)
      .field("used-percent", s.used_percent)
      .field("staging-nodes", s.staging_nodes)
      .field("staging-free-mb", s.staging_free_mb)
      .field("staging-used-percent", s.staging_used_percent);
}
inline std::string describe(const HelloAnswer& a) {
  return Description("hello").field("version", a.version).field("data-server", a.is_data_server);
}
inline std::string describe(const ProtocolAnswer& a) {
  Description out("protocol");
  out.field("version", a.version).field("flags", a.flags);
  if (!a.signing) return out;
  out.word("signing")
      .field("data", a.signing->sign_data)
      .field("bare", a.signing->without_encryption);
  out.field("level", a.signing->level);
  for (auto [index, need] : a.signing->exceptions)
    out.word(std::to_string(index) + ":" + std::to_string(need));
  return out;
}
inline std::string describe(const LoginAnswer& a) {
  return Description("login").field("session", a.session).field("security", a.security);
}
inline std::string describe(const BindAnswer& a) {
  return Description("bind").field("path-id", a.path_id);
}
inline std::string describe(const OpenAnswer& a) {
  Description out("open");
  out.field("handle", a.handle);
  if (a.stat) out.word(describe(*a.stat));
  return out;
}
inline std::string describe(const CheckpointAnswer& a) {
  return Description("chkpoint").field("max", a.max_bytes).field("used", a.used_bytes);
}
inline std::string describe(const PageStatus& s) {
  return Description("status")
      .field("stream", s.stream)
      .field("request", request_name(s.request))
      .field("part", static_cast<unsigned>(s.part))
      .field("data", s.data_length)
      .field("offset", s.offset);
}
inline std::string describe(const BadPages& p) {
  Description out("bad-pages");
  out.field("first", p.first_length).field("last", p.last_length);
  for (std::uint64_t offset : p.offsets) out.word(std::to_string(offset));
  return out;
}
inline std::string describe(const LocateAnswer& a) {
  Description out("locate");
  for (const Location& l : a.locations) {
    out.word(l.is_manager ? "manager" : "server")
        .field("pending", l.is_pending)
        .field("write", l.can_write);
    out.field("at", l.address);
  }
  return out;
}
inline void add_attributes(Description& out, const std::vector<AttributeResult>& results) {
  for (const AttributeResult& r : results) {
    out.field("name", r.name).field("value", r.value);
    if (r.error) out.word("error=" + std::string(error_row(*r.error).name));
  }
}
inline std::string describe(const AttributeAnswer& a) {
  Description out("attributes");
  add_attributes(out, a.results);
  return out;
}
inline std::string describe(const AttributeList& a) {
  Description out("attribute-list");
  add_attributes(out, a.attributes);
  return out;
}
inline std::string describe(const ChecksumAnswer& a) {
  return Description("checksum").field("type", a.type).field("value", a.value);
}
inline std::string describe(const SpaceAnswer& a) {
  return Description("space")
      .field("group", a.group)
      .field("total", a.total)
      .field("free", a.free)
      .field("largest-free", a.largest_free)
      .field("used", a.used)
      .field("quota", a.quota);
}
inline std::string describe(const ConfigAnswer& a) {
  Description out("config");
  for (std::string_view value : a.values) out.field("value", value);
  return out;
}
inline std::string describe(const RedirectAnswer& a) {
  Description out("redirect");
  out.field(a.is_url ? "url" : "host", a.target);
  if (!a.is_url) out.field("port", a.port);
  return out.field("options", a.option_bits).field("cgi", a.cgi).field("token", a.login_token);
}
inline std::string describe(const WaitAnswer& a) {
  return Description("wait").field("seconds", a.seconds).field("text", a.text);
}
inline std::string describe(const Attention& a) {
  Description out("attn");
  if (!a.answer) return out.field("message", a.message);
  return out.field("stream", a.answer->stream)
      .field("status", static_cast<unsigned>(a.answer->status))
      .field("body", a.body);
}
inline std::string describe(const ErrorAnswer& a) {
  return Description("error").field("code", a.code).field("text", a.text);
}
inline std::string describe(const std::vector<DirectoryEntry>& entries) {
  Description out("dirlist");
  for (const DirectoryEntry& e : entries) {
    out.field("name", e.name);
    if (e.stat) out.word(describe(*e.stat));
    out.field("checksum", e.checksum_type).field("is", e.checksum_value);
  }
  return out;
}

}  // namespace sluice::xroot
