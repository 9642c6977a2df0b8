// SPDX-License-Identifier: Apache-2.0
#include "base/metrics.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>
#include <vector>

namespace sluice {
namespace {

TEST(Metrics, text_of_every_kind) {
  Metrics metrics;
  metrics.counter("sluice_x_ops_total", "Operations.", {{"op", "read"}}).add(3);
  metrics.counter("sluice_x_ops_total", "Operations.", {{"op", "write"}}).add();
  metrics.gauge("sluice_x_open", "Open files.").set(-2);
  metrics.gauge_from("sluice_x_load", "Load.", [] { return 0.5; });
  EXPECT_EQ(metrics.prometheus_text(),
            "# HELP sluice_x_load Load.\n"
            "# TYPE sluice_x_load gauge\n"
            "sluice_x_load 0.5\n"
            "# HELP sluice_x_open Open files.\n"
            "# TYPE sluice_x_open gauge\n"
            "sluice_x_open -2\n"
            "# HELP sluice_x_ops_total Operations.\n"
            "# TYPE sluice_x_ops_total counter\n"
            "sluice_x_ops_total{op=\"read\"} 3\n"
            "sluice_x_ops_total{op=\"write\"} 1\n");
}

TEST(Metrics, escapes) {
  Metrics metrics;
  metrics.counter("a", "Line\nbreak \\ \"quote\".", {{"l", "x\"y\\z\n"}}).add();
  EXPECT_EQ(metrics.prometheus_text(),
            "# HELP a Line\\nbreak \\\\ \"quote\".\n# TYPE a counter\na{l=\"x\\\"y\\\\z\\n\"} 1\n");
}

TEST(Metrics, numbers_that_are_none) {
  Metrics metrics;
  metrics.gauge_from("a", "A.", [] { return std::numeric_limits<double>::infinity(); });
  metrics.gauge_from("b", "B.", [] { return std::numeric_limits<double>::quiet_NaN(); });
  std::string text = metrics.prometheus_text();
  EXPECT_NE(text.find("a +Inf\n"), std::string::npos);
  EXPECT_NE(text.find("b NaN\n"), std::string::npos);
}

TEST(Metrics, same_labels_in_any_order_are_the_same_metric) {
  Metrics metrics;
  Counter& one = metrics.counter("a", "A.", {{"x", "1"}, {"y", "2"}});
  EXPECT_EQ(&one, &metrics.counter("a", "A.", {{"y", "2"}, {"x", "1"}}));
  EXPECT_NE(&one, &metrics.counter("a", "A.", {{"x", "2"}, {"y", "1"}}));
}

TEST(Metrics, wrong_use_throws) {
  Metrics metrics;
  metrics.counter("a", "A.");
  EXPECT_THROW(metrics.gauge("a", "A."), std::logic_error);
  EXPECT_THROW(metrics.counter("no spaces", ""), std::logic_error);
  EXPECT_THROW(metrics.counter("b", "", {{"wrong-label", "x"}}), std::logic_error);
  metrics.gauge("g", "G.");
  EXPECT_THROW(metrics.gauge_from("g", "G.", [] { return 1.0; }), std::logic_error);
}

TEST(Metrics, histogram_buckets_are_cumulative) {
  Metrics metrics;
  Histogram& h = metrics.histogram("t_seconds", "Time.", {{"op", "read"}});
  h.observe_ns(0);
  h.observe_ns(1024);  // on the bound: still the first bucket
  h.observe_ns(1025);
  h.observe_ns(200'000'000'000);
  std::string text = metrics.prometheus_text();
  EXPECT_NE(text.find("t_seconds_bucket{op=\"read\",le=\"1.024e-06\"} 2\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find("t_seconds_bucket{op=\"read\",le=\"2.048e-06\"} 3\n"), std::string::npos);
  EXPECT_NE(text.find("le=\"137.438953472\"} 3\n"), std::string::npos) << text;
  EXPECT_NE(text.find("t_seconds_bucket{op=\"read\",le=\"+Inf\"} 4\n"), std::string::npos);
  EXPECT_NE(text.find("t_seconds_count{op=\"read\"} 4\n"), std::string::npos);
  EXPECT_NE(text.find("t_seconds_sum{op=\"read\"} 200.000002049\n"), std::string::npos) << text;
}

TEST(Metrics, counts_of_many_threads_add_up) {
  Metrics metrics;
  Counter& counter = metrics.counter("a", "A.");
  Histogram& histogram = metrics.histogram("h", "H.");
  std::vector<std::thread> threads;
  for (int t = 0; t < 20; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        counter.add();
        histogram.observe_ns(5000);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 20'000U);
  EXPECT_EQ(histogram.counts()[3], 20'000U);
  EXPECT_NEAR(histogram.sum_seconds(), 0.1, 1e-9);
}

TEST(Metrics, a_thread_keeps_its_shard) {
  std::size_t shard = metric_shard();
  EXPECT_LT(shard, metric_shards);
  EXPECT_EQ(metric_shard(), shard);
}

}  // namespace
}  // namespace sluice
