#include "src/formats/slha.h"

#include <cmath>

#include "src/formats/number.h"
#include "tests/support/catch.h"

using namespace umbra;

namespace {

const std::string spectrum =
    "# SOMETOOL 1.0\n"
    "Block SPINFO   # information\n"
    "     1    SOMETOOL   # name\n"
    "     4    Stop tachyon [ scale ]   # problem\n"
    "\tblock  mass\t#\n"
    "#   PDG code\n"
    "        25     1.25090000E+02   # h\n"
    "   1000022    -9.71D+01  # neutralino 1\n"
    "  1000021  +6.07713704-102\n"
    "BLOCK NMIX Q= 4.670E+02 # mixing\n"
    "  1  1     9.86364430E-01\r\n"
    "  1  2    -5.31103553E-02\n"
    "Block alpha\n"
    "          -1.13825210E-01   # Higgs mixing\n"
    "Block HMIX Q=  1.0E+03\n"
    " 1 3.5E+02\n"
    "Block HMIX Q=  2.0E+03\n"
    " 1 3.6E+02\n"
    " 2 9.7E+00\n"
    "DECAY   25     4.03E-03   # width\n"
    "#    BR         NDA    ID1    ID2\n"
    "     5.77E-01    2      5     -5   # b b\n"
    "     2.50E-02    3     23     11    -11\n"
    "DECAY 35 1.0\n"
    "XSECTION  13000 2212 2212 2 1000021 1000021\n"
    "Block CUT\n"
    "  1 12.3";

double value(const std::string& key) {
  const auto text = Slha(spectrum).find(SlhaKey::parse(key).value());
  REQUIRE(text);
  return read_number(*text).value();
}

bool has(const std::string& key) { return Slha(spectrum).find(SlhaKey::parse(key).value()).has_value(); }

}  // namespace

TEST_CASE("SLHA entries are found whatever the case, the spacing and the exponent") {
  CHECK(value("MASS 25") == 125.09);
  CHECK(value("mass 1000022") == -97.1);
  CHECK(value("MASS 1000021") == 6.07713704e-102);
  CHECK(value("NMIX 1 2") == -5.31103553e-02);
  CHECK(value("ALPHA") == -0.11382521);
  CHECK(value("HMIX 1") == 350);
  CHECK(value("HMIX 2") == 9.7);
  CHECK(value("DECAY 25") == 4.03e-3);
  CHECK(value("DECAY 25 -> -5 5") == 0.577);
  CHECK(value("DECAY 25 -> 11 -11 23") == 0.025);
  CHECK_FALSE(has("DECAY 25 -> 4 -4"));
  CHECK_FALSE(has("DECAY 36"));
  CHECK_FALSE(has("MASS 26"));
  CHECK_FALSE(has("NOSUCH 1"));
  CHECK_FALSE(has("CUT 1"));  // the file ends in the middle of the line
  CHECK(Slha(spectrum).texts("spinfo", 4) == std::vector<std::string>{"Stop tachyon [ scale ]"});
  CHECK(Slha(spectrum).has_block("Nmix"));
  for (const char* bad : {"", "25", "MASS x", "DECAY", "DECAY 25 -> 5", "MASS 25 -> 5 5", "Block MASS"}) CHECK_FALSE(SlhaKey::parse(bad));
}

TEST_CASE("SLHA entries are set in place, comments stay, and what is missing is appended") {
  const std::string base = "# base\nBlock MINPAR  # input\n   3   10.0   # tanb\n\nblock EXTPAR\n 0 1000 # scale\n#1 -1 # not this one\n\nBlock SMINPUTS\n 5 4.18";
  const auto set = [](const std::string& file, const char* key, const char* value) { return set_slha(file, SlhaKey::parse(key).value(), value); };
  CHECK(set(base, "MINPAR 3", "20.5") == "# base\nBlock MINPAR  # input\n   3   20.5   # tanb\n\nblock EXTPAR\n 0 1000 # scale\n#1 -1 # not this one\n\nBlock SMINPUTS\n 5 4.18");
  CHECK(set(base, "EXTPAR 1", "7") == "# base\nBlock MINPAR  # input\n   3   10.0   # tanb\n\nblock EXTPAR\n 0 1000 # scale\n     1   7\n#1 -1 # not this one\n\nBlock SMINPUTS\n 5 4.18");
  CHECK(set(base, "SMINPUTS 6", "173").ends_with("\n 5 4.18\n     6   173\n"));
  CHECK(set(base, "MODSEL 1", "0").ends_with(" 5 4.18\nBlock MODSEL\n     1   0\n"));
  CHECK(set("", "ALPHA", "0.1") == "Block ALPHA\n   0.1\n");
  CHECK(set("DECAY 25 1.0 # w\n", "DECAY 25", "2") == "DECAY 25 2 # w\n");
  // A last line without an end gets one: readers do not trust it otherwise.
  CHECK(set(base, "SMINPUTS 5", "4.2").ends_with("\n 5 4.2\n"));
  CHECK(set("DECAY 25", "DECAY 25", "2") == "DECAY 25   2\n");
  // What is set is what is read.
  std::string file = base;
  for (const char* key : {"MINPAR 3", "EXTPAR 31", "NMIX 2 4", "ALPHA", "SMINPUTS 5", "DECAY 1000021"}) {
    file = set(file, key, "4.25");
    CHECK(Slha(file).find(SlhaKey::parse(key).value()) == "4.25");
  }
}

TEST_CASE("numbers are read as Fortran and C print them") {
  const std::pair<const char*, double> good[] = {{"1.5D+02", 150},    {" -1.5d2\r", -150}, {"1.5-102", 1.5e-102}, {"1.5+10", 1.5e10},      {"+3", 3},
                                                 {"1E400", INFINITY}, {"-1e400", -INFINITY}, {"1e-400", 0},         {"Infinity", INFINITY}, {".5", 0.5},
                                                 {"5.", 5},           {"-Inf", -INFINITY}, {"0.1E+01", 1}};
  for (const auto& [text, expected] : good) {
    INFO(text);
    REQUIRE(read_number(text));
    CHECK(*read_number(text) == expected);
  }
  CHECK(std::isnan(read_number("NaN").value()));
  for (const char* bad : {"", " ", "+", "-", "+-1", "1.2.3", "12a", "****", "1e", "--1", "1 2", "0x10", "1+", "e5", "D"}) {
    INFO(bad);
    CHECK_FALSE(read_number(bad));
  }
  std::string text;
  append_number(text, 0.1);
  CHECK(text == "0.1");
}
