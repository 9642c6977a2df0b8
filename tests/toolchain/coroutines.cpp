// SPDX-License-Identifier: Apache-2.0
// Ordinary co_await expressions that a compiler must get right before it may build Sluice: every
// temporary is destroyed exactly once and after its last use. GCC 12 fails here. Run under ASan by
// test_compiler.py; prints ok and ends with 0.
#include <coroutine>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

// The least a lazy coroutine needs: it starts when awaited and resumes its awaiter when it ends.
template <class T>
class Task {
 public:
  struct promise_type {
    std::optional<T> value;
    std::coroutine_handle<> awaiter;
    Task get_return_object() { return Task(Handle::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct Back {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(Handle h) noexcept {
          return h.promise().awaiter ? h.promise().awaiter : std::noop_coroutine();
        }
        void await_resume() noexcept {}
      };
      return Back{};
    }
    void return_value(T v) { value = std::move(v); }
    void unhandled_exception() { std::terminate(); }
  };
  using Handle = std::coroutine_handle<promise_type>;

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  ~Task() {
    if (handle_) handle_.destroy();
  }
  bool await_ready() noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiter) {
    handle_.promise().awaiter = awaiter;
    return handle_;
  }
  T await_resume() { return std::move(*handle_.promise().value); }

  T run() {
    handle_.resume();
    return std::move(*handle_.promise().value);
  }

 private:
  explicit Task(Handle handle) : handle_(handle) {}
  Handle handle_;
};

// Counts itself: a copy destroyed twice or never shows in `alive`, and owns memory, so that ASan
// sees it too.
struct Counted {
  static inline int alive = 0;
  std::unique_ptr<std::string> text;
  Counted(const char* t) : text(std::make_unique<std::string>(t)) { ++alive; }
  Counted(const Counted& other) : text(std::make_unique<std::string>(*other.text)) { ++alive; }
  Counted(Counted&& other) noexcept : text(std::move(other.text)) { ++alive; }
  Counted& operator=(Counted other) {
    text = std::move(other.text);
    return *this;
  }
  ~Counted() { --alive; }
  std::size_t size() const { return text ? text->size() : 0; }
};

struct Request {
  Counted path;
  Counted opaque;
  std::vector<int> pages;
};

Task<std::size_t> send(Request request) {
  co_return request.path.size() + request.opaque.size() + request.pages.size();
}
Task<std::size_t> length(Counted text) { co_return text.size(); }
Task<std::size_t> apply(std::function<std::size_t()> function) { co_return function(); }
Task<bool> is_long(Counted text) { co_return text.size() > 3; }
Task<Counted> make(const char* text) { co_return Counted(text); }

// An aggregate built in the argument of an awaited call.
Task<std::size_t> aggregate_temporary() {
  co_return co_await send({"four", "abc", {1, 2}}) +
      co_await send(Request{Counted("x"), Counted("y"), {}});
}

// A lambda that owns what it captured, as an argument of an awaited call.
Task<std::size_t> capturing_lambda() {
  Counted kept("captured");
  co_return co_await apply([kept] { return kept.size(); }) +
      co_await apply([moved = Counted("moved")] { return moved.size(); });
}

// ?: between class temporaries inside the awaited expression.
Task<std::size_t> conditional_temporary(bool first) {
  Counted local("a local one");
  std::size_t n = co_await length(first ? Counted("yes") : Counted("never"));
  n += co_await length(first ? local : Counted("other"));
  co_return n;
}

// co_await in conditions, also on one side of && and in the condition of ?:.
Task<std::size_t> await_in_condition() {
  std::size_t n = 0;
  if (co_await is_long("long enough")) n += 1;
  if (!co_await is_long("no") && co_await is_long(Counted("again"))) n += 10;
  while (n < 100 && co_await is_long(Counted("loop"))) n += 50;
  n += co_await is_long("choose") ? co_await length("seven77") : co_await length("no");
  if (auto made = co_await make("made"); made.size() == 4) n += 1000;
  co_return n;
}

// Awaited values as arguments beside other temporaries, in any order of evaluation.
Task<std::size_t> awaits_among_arguments() {
  std::vector<Counted> all{co_await make("a"), Counted("bc"), co_await make("def")};
  std::size_t n = 0;
  for (const Counted& c : all) n += c.size();
  co_return n + co_await send({co_await make("p"), co_await make("q"), {1}});
}

int failures = 0;
void expect(const char* what, std::size_t got, std::size_t wanted) {
  if (got == wanted && Counted::alive == 0) return;
  std::printf("%s: got %zu, expected %zu, %d objects left\n", what, got, wanted, Counted::alive);
  Counted::alive = 0;
  ++failures;
}

}  // namespace

int main() {
  expect("aggregate_temporary", aggregate_temporary().run(), 11);
  expect("capturing_lambda", capturing_lambda().run(), 13);
  expect("conditional_temporary, first", conditional_temporary(true).run(), 14);
  expect("conditional_temporary, second", conditional_temporary(false).run(), 10);
  expect("await_in_condition", await_in_condition().run(), 1118);
  expect("awaits_among_arguments", awaits_among_arguments().run(), 9);
  if (failures == 0) std::puts("ok");
  return failures == 0 ? 0 : 1;
}
