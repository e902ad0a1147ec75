#include "workflows/sweep.h"

#include "src/base/error.h"
#include "tests/support/catch.h"

using namespace umbra;

TEST_CASE("values of a job array are a list or a range of whole numbers") {
  CHECK(read_sweep("seed=3..5").values == std::vector<std::string>{"3", "4", "5"});
  CHECK(read_sweep("seed=-1..1").values == std::vector<std::string>{"-1", "0", "1"});
  CHECK(read_sweep("seed=7").values == std::vector<std::string>{"7"});
  const Sweep files = read_sweep("model.file=../a.json,../b.json");
  CHECK(files.key == "model.file");
  CHECK(files.values == std::vector<std::string>{"../a.json", "../b.json"});
  CHECK(read_sweep("x=1.5,2.5").values.size() == 2);
}

TEST_CASE("arrays that somebody did not mean are refused") {
  for (const char* text : {"seed", "=1", "seed=", "seed=1,,2", "seed=1,1,", "seed=1,1", "seed=5..3", "output.directory=a,b", "output=a", "a b=1", "se$(x)=1", "f=a/b,a_b"}) {
    INFO(text);
    CHECK_THROWS_AS(read_sweep(text), UserError);
  }
}
