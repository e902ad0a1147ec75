#include "workflows/earlier_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "io/crc32c.h"
#include "io/file.h"
#include "io/yaml.h"
#include "jobs/working_directory.h"
#include "src/base/error.h"
#include "src/base/random.h"
#include "src/base/text.h"

namespace umbra {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The list of parameters that a job stands for; null where it has none.
Config parameter_list(const Config& job) {
  Faults faults;
  const Config* preset = job.find("preset");
  if (preset) return Presets::get(preset->text(), preset->mark(), faults);
  const Config* list = job.find("parameters");
  return list ? *list : Config{};
}

std::string text_of(const Attributes& attributes, const std::string& name) {
  const auto found = attributes.find(name);
  const auto* text = found == attributes.end() ? nullptr : std::get_if<std::string>(&found->second);
  return text ? *text : "";
}

double number_of(const Attributes& attributes, const std::string& name) {
  const auto found = attributes.find(name);
  const auto* number = found == attributes.end() ? nullptr : std::get_if<double>(&found->second);
  return number ? *number : nan;
}

std::vector<std::string> names_of(const std::vector<Column>& columns) {
  std::vector<std::string> names;
  for (const Column& c : columns) names.push_back(c.name);
  return names;
}

bool same_names(std::vector<std::string> a, std::vector<std::string> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}

}  // namespace

std::string find_run(const std::string& path) {
  const std::filesystem::path beside = std::filesystem::path(working_directory().job) / path;
  return !exists(path) && exists(beside.string()) ? beside.string() : path;
}

OptionSet<EarlierRunOptions> EarlierRunOptions::options() {
  OptionSet<EarlierRunOptions> set;
  return add_common(set).add("points", &EarlierRunOptions::points, "which points they were (umbra writes it into RUN/job.yaml); a run that has changed since is refused");
}

std::optional<EarlierRun> EarlierRun::open(const EarlierRunOptions& from, const Config& at, const std::string& key, const ParameterSpace& space, const Config& job, Faults& faults) {
  const std::size_t before = faults.size();
  const auto mark_of = [&](const char* name) { return at.find(name) ? at.find(name)->mark() : at.mark(); };
  std::optional<EarlierRun> run;
  try {
    run.emplace(EarlierRun(find_run(*from.from), space));
    VALIDATE(run->reader_.has("points"), "{} has no points: it is not the run of a scan or of learning", *from.from);
  } catch (const UserError& e) {
    faults.add(mark_of("from"), fmt::format("{}: from: {}", key, e.what()));
    return {};
  }
  run->key_ = key;
  run->skip_outside_ = from.outside == "skip";
  std::vector<std::string> missing;
  for (const std::string& name : space.unit_names())
    if (!run->has(name)) missing.push_back(name);
  const std::vector<std::string> columns = names_of(run->reader_.columns("points"));
  if (!missing.empty())
    faults.add(mark_of("from"), fmt::format("{}: {} has no column {}, {} of this job{}", key, *from.from, join(missing), missing.size() == 1 ? "which is a parameter" : "which are parameters",
                                            suggestion(missing.front(), columns)));
  if (from.where) {
    run->where_.emplace(*from.where, columns, mark_of("where"), key + ": where", faults);
    if (faults.size() == before)
      for (const std::size_t i : run->where_->used()) run->where_columns_.push_back(columns[i]);
  }
  if (faults.size() != before) return {};

  Faults none;
  const std::string text = text_of(run->reader_.attributes(), "job");
  const Config earlier = text.empty() ? Config{} : parse_yaml(text, "job", none);
  const Config list = parameter_list(earlier), own = parameter_list(job);
  if (!list.is_null()) run->earlier_space_ = ParameterSpace::read(list, none);
  if (!none.empty()) run->earlier_space_.reset();
  run->same_parameters_ = run->earlier_space_ && write_yaml(list) == write_yaml(own);
  const Config* sampler = earlier.find("sampler");
  if (const Config* type = sampler ? sampler->find("type") : nullptr) run->sampler_ = type->text();
  return run;
}

bool EarlierRun::has(const std::string& column) const {
  const auto& columns = reader_.columns("points");
  return std::any_of(columns.begin(), columns.end(), [&](const Column& c) { return c.name == column; });
}

EarlierRun::Rows EarlierRun::rows(const std::vector<std::string>& columns) const {
  const std::vector<TaskId> ids = reader_.ids("points");
  const auto column = [&](const std::string& name) { return has(name) ? reader_.column("points", name) : std::vector<double>(ids.size(), nan); };
  std::vector<std::size_t> chosen(ids.size());
  std::iota(chosen.begin(), chosen.end(), std::size_t{0});
  const std::vector<double> status = column("status");
  Rows rows;
  if (where_) {
    std::vector<std::vector<double>> used;
    for (const std::string& name : where_columns_) used.push_back(column(name));
    std::vector<double> row(reader_.columns("points").size(), nan);
    std::erase_if(chosen, [&](std::size_t i) {
      for (std::size_t c = 0; c < used.size(); ++c) row[where_->used()[c]] = used[c][i];
      const bool left_out = !where_->is_true(row);
      if (left_out && static_cast<Status>(static_cast<int>(status[i])) == Status::ok) rows.left_out.push_back(ids[i]);
      return left_out;
    });
    std::sort(rows.left_out.begin(), rows.left_out.end());
    VALIDATE(!chosen.empty(), "{}: where: '{}' is true for none of the {} points of {}: choose more of them", key_, where_->text(), ids.size(), directory_);
  }
  VALIDATE(!chosen.empty(), "{}: {} has no points yet", key_, directory_);
  std::sort(chosen.begin(), chosen.end(), [&](std::size_t a, std::size_t b) { return ids[a] < ids[b]; });

  // Where the parameters are the same, their place in the unit cube too; else it follows from their values.
  const std::size_t dim = space_.dim(), count = chosen.size();
  std::vector<double> u(count * dim);
  if (same_parameters_) {
    for (std::size_t d = 0; d < dim; ++d) {
      const std::vector<double> values = reader_.column("points", "u_" + space_.unit_names()[d]);
      for (std::size_t k = 0; k < count; ++k) u[k * dim + d] = values[chosen[k]];
    }
  } else {
    std::vector<double> theta(count * space_.size());
    for (std::size_t p = 0; p < space_.size(); ++p) {
      const std::vector<double> values = column(space_.names()[p]);
      for (std::size_t k = 0; k < count; ++k) theta[k * space_.size() + p] = values[chosen[k]];
    }
    std::vector<std::size_t> kept;
    std::size_t outside = 0, first = 0;
    for (std::size_t k = 0; k < count; ++k) {
      const auto point = std::span(theta).subspan(k * space_.size(), space_.size());
      if (!space_.contains(point)) {
        if (outside++ == 0) first = k;
        continue;
      }
      space_.to_unit(point, std::span(u).subspan(kept.size() * dim, dim));
      kept.push_back(chosen[k]);
    }
    std::string values;
    for (const std::string& name : space_.unit_names()) {
      const auto p = static_cast<std::size_t>(std::find(space_.names().begin(), space_.names().end(), name) - space_.names().begin());
      if (outside > 0) values += fmt::format("{}{} = {:.6g}", values.empty() ? "" : ", ", name, theta[first * space_.size() + p]);
    }
    VALIDATE(outside == 0 || skip_outside_, "{}: {} of {} points of {} lie outside the priors of this job (the first: {}): widen the priors, or leave such points out with outside: skip", key_,
             outside, count, directory_, values);
    VALIDATE(!kept.empty(), "{}: none of the {} points of {} lies within the priors of this job (the first: {}): widen the priors", key_, count, directory_, values);
    chosen = std::move(kept);
    u.resize(chosen.size() * dim);
  }

  rows.u = std::move(u);
  for (const std::size_t i : chosen) {
    rows.ids.push_back(ids[i]);
    rows.status.push_back(static_cast<Status>(static_cast<int>(status[i])));
  }
  for (const std::string& name : columns) {
    const std::vector<double> values = column(name);
    auto& out = rows.columns.emplace_back(chosen.size());
    for (std::size_t k = 0; k < chosen.size(); ++k) out[k] = values[chosen[k]];
  }
  return rows;
}

EarlierPoints EarlierRun::points() const {
  std::vector<std::string> columns = {"log_likelihood"};
  if (earlier_space_) columns.insert(columns.end(), earlier_space_->names().begin(), earlier_space_->names().end());
  const Rows rows = this->rows(columns);
  EarlierPoints points;
  points.dim = space_.dim();
  points.ids = rows.ids;
  points.u = rows.u;
  points.log_likelihood = rows.columns.front();
  for (std::size_t i = 0; i < points.size(); ++i)
    if (rows.status[i] != Status::ok) points.log_likelihood[i] = nan;
  points.sort();
  find_sample(points, rows);
  if (points.sample != EarlierPoints::Sample::none && !same_parameters_) find_prior_ratio(points, rows);
  return points;
}

std::string points_digest(const EarlierPoints& points) {
  return fmt::format("{} with checksum {:08x}{:08x}", points.size(), crc32c(std::as_bytes(std::span(points.ids))), crc32c(std::as_bytes(std::span(points.u))));
}

/// What the points are a sample of, by the posterior that the run left, or by the sampler that made them.
void EarlierRun::find_sample(EarlierPoints& points, const Rows& rows) const {
  const std::vector<double> ids = reader_.numbers("posterior", "id"), log_weight = reader_.numbers("posterior", "log_weight");
  if (!ids.empty()) {
    points.sample = EarlierPoints::Sample::posterior;
    points.log_weight.assign(rows.ids.size(), -inf);
    for (std::size_t k = 0, i = 0; k < rows.ids.size(); ++k) {
      while (i < ids.size() && static_cast<TaskId>(ids[i]) < rows.ids[k]) ++i;
      if (i < ids.size() && static_cast<TaskId>(ids[i]) == rows.ids[k]) points.log_weight[k] = log_weight.at(i);
    }
    for (std::size_t i = 0; i < ids.size(); ++i)
      if (std::binary_search(rows.left_out.begin(), rows.left_out.end(), static_cast<TaskId>(ids[i]))) points.left_out += std::exp(log_weight.at(i));
    const Attributes summary = reader_.attributes_of("summary");
    points.ln_evidence = number_of(summary, "ln_evidence");
    points.ln_evidence_error = number_of(summary, "ln_evidence_error");
    points.effective_samples = number_of(summary, "effective_samples");
    return;
  }
  const bool random = sampler_ == "random", even = sampler_ == "sobol" || sampler_ == "latin_hypercube";
  if (!random && !even) return;
  // Which points of a running campaign are there depends on how long they took.
  std::vector<TaskId> all = reader_.ids("points");
  points.draws = all.size();
  points.left_out = all.empty() ? 0.0 : static_cast<double>(rows.left_out.size()) / static_cast<double>(all.size());
  const bool whole = !all.empty() && *std::max_element(all.begin(), all.end()) + 1 == all.size();
  if (whole) points.sample = random ? EarlierPoints::Sample::prior : EarlierPoints::Sample::even;
  else points.no_sample = fmt::format("{} has not been finished, and what there is of it depends on how long points took", directory_);
}

void EarlierRun::find_prior_ratio(EarlierPoints& points, const Rows& rows) const {
  if (!earlier_space_ || !same_names(earlier_space_->unit_names(), space_.unit_names())) {
    points.sample = EarlierPoints::Sample::none;
    points.log_weight.clear();
    points.no_sample = earlier_space_ ? fmt::format("{} samples {} and this job {}: weights hold for the same parameters only", directory_, join(earlier_space_->unit_names()), join(space_.unit_names()))
                                      : fmt::format("{} does not say which priors its weights hold for", directory_);
    return;
  }
  std::vector<double> theta(space_.size(), nan), earlier(earlier_space_->size());
  points.log_prior_ratio.resize(points.size());
  for (std::size_t k = 0; k < points.size(); ++k) {
    space_.to_physical(points.point(k), theta);
    for (std::size_t p = 0; p < earlier.size(); ++p) earlier[p] = rows.columns[1 + p][k];
    points.log_prior_ratio[k] = space_.log_density(theta) - earlier_space_->log_density(earlier);
  }
  points.prior_share = prior_share();
}

/// By draws from this job's prior.
double EarlierRun::prior_share() const {
  constexpr std::uint64_t draws = 20000;
  std::vector<double> u(space_.dim()), theta(space_.size()), earlier(earlier_space_->size(), nan);
  std::vector<std::pair<std::size_t, std::size_t>> places;  // of a sampled parameter there and here
  const auto place = [](const std::vector<std::string>& names, const std::string& name) { return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin()); };
  for (const std::string& name : space_.unit_names()) places.emplace_back(place(earlier_space_->names(), name), place(space_.names(), name));
  std::uint64_t within = 0;
  for (std::uint64_t i = 0; i < draws; ++i) {
    RandomStream(0, Purpose::auxiliary, i).fill_uniform(u);
    space_.to_physical(u, theta);
    for (const auto& [there, here] : places) earlier[there] = theta[here];
    within += earlier_space_->contains(earlier);
  }
  return static_cast<double>(within) / draws;
}

}  // namespace umbra
