// The number of observed events: few of them speak against a signal (upper limits), many against its absence (discovery).

#include "src/statistics/test_statistic.h"

namespace umbra {

namespace {

class EventCount final : public TestStatistic {
 public:
  struct Options {
    bool discovery = false;
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>().add("discovery", &Options::discovery, "test the absence of a signal: many events are extreme");
  }
  explicit EventCount(Options options) : discovery_(options.discovery) {}

  double value(Profile& profile, double) const override { return profile.model().num_events(); }
  bool suits(ToyGoal goal) const override {
    return discovery_ ? goal == ToyGoal::discovery : goal == ToyGoal::hypotheses || goal == ToyGoal::limit;
  }
  Side extreme() const override { return discovery_ ? Side::high : Side::low; }
  double tested(double poi) const override { return discovery_ ? 0.0 : poi; }
  double alternative(double poi) const override { return discovery_ ? poi : 0.0; }

 private:
  bool discovery_;
};

const bool registered = TestStatisticRegistry::instance().add<EventCount>("number_of_events", "observed events in all bins");

}  // namespace

}  // namespace umbra
