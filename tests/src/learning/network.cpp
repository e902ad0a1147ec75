#include "src/learning/network.h"

#include "tests/support/catch.h"

using namespace umbra;

TEST_CASE("with growth the first points teach first, and longest") {
  // One number decides; the second half of the points says the opposite of the first.
  constexpr std::size_t n = 2000;
  std::vector<float> x(n), y(n);
  RandomStream place(3, Purpose::test, 0);
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = static_cast<float>(place.uniform());
    y[i] = (x[i] > 0.5f) == (i < n / 2) ? 1.0f : 0.0f;
  }
  const std::vector<float> low = {0.1f, 0.2f, 0.3f}, high = {0.7f, 0.8f, 0.9f};
  const auto contrast = [&](double growth) {
    RandomStream stream(4, Purpose::train, 0);
    const DenseNetwork network = DenseNetwork::train({1, x, y}, {.hidden = {8}, .epochs = 40, .least_steps = 1, .batch = 50, .weight_decay = 0.0, .growth = growth}, true, stream);
    std::vector<float> a(3), b(3);
    network.predict(low, a);
    network.predict(high, b);
    return (b[0] + b[1] + b[2] - a[0] - a[1] - a[2]) / 3;
  };
  CHECK(std::abs(contrast(0.0)) < 0.05);
  CHECK(contrast(1.0) > 0.1);
}
