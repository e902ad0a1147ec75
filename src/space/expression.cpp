#include "src/space/expression.h"

#include <fmt/format.h>
#include <muParser.h>

#include <algorithm>
#include <cctype>
#include <cfenv>
#include <cmath>
#include <limits>
#include <numbers>
#include <set>
#include <utility>

#include "src/base/text.h"

namespace umbra {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double truth(bool b) { return b ? 1.0 : 0.0; }

// muParser's own comparisons make a plain false (or, negated, a true) of a NaN.
template <class Compare>
double compared(double a, double b, Compare compare) {
  return std::isnan(a) || std::isnan(b) ? nan : truth(compare(a, b));
}

// Three-valued logic: "m > 0 && sqrt(m) < 3" is false for m = -1.
double both(double a, double b) {
  if (a == 0 || b == 0) return 0.0;
  return std::isnan(a) || std::isnan(b) ? nan : 1.0;
}
double either(double a, double b) {
  if ((a != 0 && !std::isnan(a)) || (b != 0 && !std::isnan(b))) return 1.0;
  return std::isnan(a) || std::isnan(b) ? nan : 0.0;
}

double smallest(const double* x, int n) {
  double m = x[0];
  for (int i = 1; i < n; ++i)
    if (!(x[i] >= m)) m = std::isnan(m) ? m : x[i];
  return m;
}
double largest(const double* x, int n) {
  double m = x[0];
  for (int i = 1; i < n; ++i)
    if (!(x[i] <= m)) m = std::isnan(m) ? m : x[i];
  return m;
}

void define_operators(mu::Parser& p) {
  p.EnableBuiltInOprt(false);
  using D = double;
  p.DefineOprt("||", either, mu::prLOR, mu::oaLEFT, true);
  p.DefineOprt("&&", both, mu::prLAND, mu::oaLEFT, true);
  p.DefineOprt(
      "<", [](D a, D b) { return compared(a, b, std::less<>{}); }, mu::prCMP, mu::oaLEFT, true);
  p.DefineOprt(
      ">", [](D a, D b) { return compared(a, b, std::greater<>{}); }, mu::prCMP, mu::oaLEFT, true);
  p.DefineOprt(
      "<=", [](D a, D b) { return compared(a, b, std::less_equal<>{}); }, mu::prCMP, mu::oaLEFT, true);
  p.DefineOprt(
      ">=", [](D a, D b) { return compared(a, b, std::greater_equal<>{}); }, mu::prCMP, mu::oaLEFT, true);
  p.DefineOprt(
      "==", [](D a, D b) { return compared(a, b, std::equal_to<>{}); }, mu::prCMP, mu::oaLEFT, true);
  p.DefineOprt(
      "!=", [](D a, D b) { return compared(a, b, std::not_equal_to<>{}); }, mu::prCMP, mu::oaLEFT, true);
  p.DefineOprt(
      "+", [](D a, D b) { return a + b; }, mu::prADD_SUB, mu::oaLEFT, true);
  p.DefineOprt(
      "-", [](D a, D b) { return a - b; }, mu::prADD_SUB, mu::oaLEFT, true);
  p.DefineOprt(
      "*", [](D a, D b) { return a * b; }, mu::prMUL_DIV, mu::oaLEFT, true);
  p.DefineOprt(
      "/", [](D a, D b) { return a / b; }, mu::prMUL_DIV, mu::oaLEFT, true);
  p.DefineOprt(
      "^", [](D a, D b) { return std::pow(a, b); }, mu::prPOW, mu::oaRIGHT, true);
  p.DefineInfixOprt("!", [](D a) { return std::isnan(a) ? nan : truth(a == 0); });
}

void define_functions(mu::Parser& p) {
  using D = double;
  p.DefineFun("min", smallest);
  p.DefineFun("max", largest);
  p.DefineFun("pow", [](D a, D b) { return std::pow(a, b); });
  p.DefineFun("floor", [](D a) { return std::floor(a); });
  p.DefineFun("ceil", [](D a) { return std::ceil(a); });
  p.DefineFun("sign", [](D a) { return a > 0 ? 1.0 : a < 0 ? -1.0 : a; });
}

void prepare(mu::Parser& p, const std::vector<std::string>& variables) {
  define_operators(p);
  define_functions(p);
  p.ClearConst();
  const auto free = [&](const char* name) { return std::find(variables.begin(), variables.end(), name) == variables.end(); };
  if (free("pi")) p.DefineConst("pi", std::numbers::pi);
  if (free("e")) p.DefineConst("e", std::numbers::e);
}

// A name before a bracket that is no function. muParser would only complain of the bracket.
std::string unknown_function(const mu::Parser& p, const std::string& text) {
  const auto in_name = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!in_name(text[i])) continue;
    std::size_t end = i;
    while (end < text.size() && in_name(text[end])) ++end;
    const std::string name = text.substr(i, end - i);
    const std::size_t next = text.find_first_not_of(' ', end);
    if (!std::isdigit(static_cast<unsigned char>(name[0])) && next != std::string::npos && text[next] == '(' && !p.GetFunDef().contains(name))
      return name;
    i = end;
  }
  return {};
}

std::string syntax_fault(const mu::Parser& p, const std::string& text, const mu::ParserError& error) {
  if (const std::string name = unknown_function(p, text); !name.empty()) {
    std::vector<std::string> functions;
    for (const auto& [known, callback] : p.GetFunDef()) functions.push_back(known);
    return fmt::format("unknown function '{}'{}", name, suggestion(name, functions));
  }
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '=' && (i == 0 || std::string_view("=<>!").find(text[i - 1]) == std::string_view::npos) &&
        (i + 1 == text.size() || text[i + 1] != '='))
      return "a single '=' compares nothing, write '=='";
  return error.GetMsg();
}

}  // namespace

struct Expression::Impl {
  std::string text;
  std::vector<std::string> names;  // of the variables used
  std::vector<std::size_t> used;   // their places among all variables
  std::vector<double> inputs;      // their values; the parser holds pointers into it
  mu::Parser parser;
  bool branches = false;  // has ?:, which takes a NaN for true

  Impl() = default;
  Impl(const Impl& other) : text(other.text), names(other.names), used(other.used) { compile(); }

  void compile() {
    inputs.assign(names.size(), 1.0);
    prepare(parser, names);
    for (std::size_t i = 0; i < names.size(); ++i) parser.DefineVar(names[i], &inputs[i]);
    parser.SetExpr(text);
    branches = text.find('?') != std::string::npos;
  }
};

Expression::Expression(const std::string& text, const std::vector<std::string>& variables, Mark mark, const std::string& where, Faults& faults)
    : impl_(std::make_unique<Impl>()) {
  impl_->text = text;
  mu::Parser scout;
  prepare(scout, variables);
  try {
    scout.SetExpr(text);
    std::set<std::size_t> used;
    bool known = true;
    for (const auto& [name, pointer] : scout.GetUsedVar()) {
      const auto found = std::find(variables.begin(), variables.end(), name);
      if (found != variables.end()) used.insert(static_cast<std::size_t>(found - variables.begin()));
      else faults.add(mark, fmt::format("{}: unknown name '{}' in '{}'{}", where, name, text, suggestion(name, variables))), known = false;
    }
    if (!known) return;
    impl_->used.assign(used.begin(), used.end());
    for (std::size_t i : used) impl_->names.push_back(variables[i]);
    impl_->compile();
    int results = 0;
    impl_->parser.Eval(results);
    if (results != 1)
      faults.add(mark, fmt::format("{}: '{}' gives {} values where one is wanted, write the decimal point as '.'", where, text, results));
  } catch (const mu::ParserError& error) {
    faults.add(mark, fmt::format("{}: cannot read '{}': {}", where, text, syntax_fault(scout, text, error)));
  }
}

Expression::Expression(const Expression& other) : impl_(std::make_unique<Impl>(*other.impl_)) {}
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression other) {
  impl_ = std::move(other.impl_);
  return *this;
}
Expression::~Expression() = default;

double Expression::operator()(std::span<const double> values) const {
  Impl& e = *impl_;
  for (std::size_t i = 0; i < e.used.size(); ++i) {
    const double x = values[e.used[i]];
    if (std::isnan(x)) return nan;
    e.inputs[i] = x;
  }
  if (!e.branches) return e.parser.Eval();
  std::feclearexcept(FE_INVALID);
  const double result = e.parser.Eval();
  return std::fetestexcept(FE_INVALID) ? nan : result;
}

bool Expression::is_true(std::span<const double> values) const {
  const double v = (*this)(values);
  return v != 0 && !std::isnan(v);
}

const std::string& Expression::text() const { return impl_->text; }
const std::vector<std::size_t>& Expression::used() const { return impl_->used; }

}  // namespace umbra
