// SPDX-License-Identifier: Apache-2.0
// A child process opens the tree, works, and is killed; the next start must find what was promised.
#include "disk/checkpoint.h"
#include "disk/test/scratch.h"
#include "disk/upload.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sluice::disk {
namespace {

using enum OpenMode::Create;

template <class T>
T& leak(T value) {
  return *new T(std::move(value));
}

class CrashTest : public testing::Test {
 protected:
  // Runs `work` in a child, which is killed the moment it is done. What shall not be destroyed
  // before goes through leak().
  void killed(const std::function<void(const std::shared_ptr<FileTree>&)>& work) {
    pid_t child = ::fork();
    if (child == 0) {
      work(leak(scratch.tree()));
      ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
  }
  std::string content(std::string_view name) { return Scratch::read(scratch / name); }
  std::set<std::string> names() {
    std::set<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(scratch.root())) {
      found.insert(entry.path().lexically_relative(scratch.root()).string());
    }
    return found;
  }

  Scratch scratch;
};

TEST_F(CrashTest, NothingOfAnUnfinishedPoscUploadIsSeen) {
  Scratch::write(scratch / "old", "old");
  killed([](auto& tree) {
    auto& fresh = leak(tree->open_file(path("/new"), mode_for(always, true)).value());
    put(*fresh, 0, "partial");
    auto& replaced = leak(tree->open_file(path("/old"), mode_for(overwrite, true)).value());
    put(*replaced, 0, "partial");
  });
  scratch.tree();
  EXPECT_EQ(content("old"), "old");
  EXPECT_EQ(names(), std::set<std::string>{"old"});
}

TEST_F(CrashTest, NamedHiddenFilesAreRemovedAtTheNextStart) {
  fs::create_directory(scratch / "d");
  killed([](auto& tree) {
    Fd parent = tree->open_parent(path("/d/f"), false).value();
    leak(HiddenFile::make_named(tree->journal(), parent.get(), "d", O_RDWR, 0644, "f").value());
  });
  EXPECT_EQ(names().size(), 4U) << "d, the hidden file, the journal, its note";
  scratch.tree();
  EXPECT_EQ(names(), (std::set<std::string>{"d", ".sluice.state"}));
}

TEST_F(CrashTest, NotesOfALivingServerAreLeftAlone) {
  auto tree = scratch.tree();
  auto hidden =
      HiddenFile::make_named(tree->journal(), tree->root(), "", O_RDWR, 0644, "f").value();
  auto second = scratch.tree();
  EXPECT_TRUE(hidden.publish(hidden.fd(), "f", false));
  EXPECT_TRUE(fs::exists(scratch / "f"));
}

TEST_F(CrashTest, AnAcknowledgedCloseSurvives) {
  killed([](auto& tree) {
    for (bool on_success : {true, false}) {
      auto target = path(on_success ? "/posc" : "/plain");
      auto& file = leak(tree->open_file(target, mode_for(always, on_success)).value());
      put(*file, 0, "complete");
      must(file->close());
    }
  });
  scratch.tree();
  EXPECT_EQ(content("posc"), "complete");
  EXPECT_EQ(content("plain"), "complete");
}

TEST_F(CrashTest, PlainUploadsStayAsFarAsTheyCame) {
  killed([](auto& tree) {
    auto& file = leak(tree->open_file(path("/f"), mode_for(always)).value());
    put(*file, 0, "partial");
  });
  auto tree = scratch.tree();
  EXPECT_EQ(content("f"), "partial");
  EXPECT_TRUE(tree->open_file(path("/f"), mode_for(never))) << "no lock is left";
}

TEST_F(CrashTest, OpenCheckpointsAreRolledBack) {
  std::string old(300'000, 'o');
  Scratch::write(scratch / "f", old);
  killed([](auto& tree) {
    auto& file = leak(tree->open_file(path("/f"), mode_for(never)).value());
    must(file->begin_checkpoint());
    must(file->checkpoint()->protect_write(100'000, 250'000));
    put(*file, 100'000, std::string(250'000, 'n'));
    must(file->checkpoint()->protect_truncate(10));
    must(file->truncate(10));
    must(file->checkpoint()->protect_write(0, 5));
    put(*file, 0, "fresh");
  });
  EXPECT_EQ(content("f").size(), 10U);
  scratch.tree();
  EXPECT_TRUE(content("f") == old);
  EXPECT_TRUE(fs::is_empty(scratch / ".sluice.state"));
}

TEST_F(CrashTest, ACheckpointOfAHiddenUploadGoesWithIt) {
  killed([](auto& tree) {
    auto& file = leak(tree->open_file(path("/f"), mode_for(always, true)).value());
    must(file->begin_checkpoint());
  });
  scratch.tree();
  EXPECT_EQ(names(), std::set<std::string>{".sluice.state"});
}

TEST_F(CrashTest, ATornRecordIsNotApplied) {
  Scratch::write(scratch / "f", "0123456789");
  killed([](auto& tree) {
    auto& file = leak(tree->open_file(path("/f"), mode_for(never)).value());
    must(file->begin_checkpoint());
    must(file->checkpoint()->protect_write(0, 5));
    put(*file, 0, "xxxxx");
    must(file->checkpoint()->protect_write(5, 5));
  });
  fs::path note = fs::directory_iterator(scratch / ".sluice.state")->path();
  fs::resize_file(note, fs::file_size(note) - 1);
  scratch.tree();
  EXPECT_EQ(content("f"), "0123456789");
}

TEST_F(CrashTest, ANoteThatCannotBeCarriedOutStays) {
  Scratch::write(scratch / "f", "0123456789");
  killed([](auto& tree) {
    auto& file = leak(tree->open_file(path("/f"), mode_for(never)).value());
    must(file->begin_checkpoint());
  });
  fs::rename(scratch / "f", scratch / "g");
  scratch.tree();
  EXPECT_FALSE(fs::is_empty(scratch / ".sluice.state"));
  fs::rename(scratch / "g", scratch / "f");
  scratch.tree();
  EXPECT_TRUE(fs::is_empty(scratch / ".sluice.state"));
}

}  // namespace
}  // namespace sluice::disk
