// umbra serve: a learned model as an HTTP JSON service.

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>

#ifdef UMBRA_HAVE_HTTPLIB
#include <httplib.h>
#endif

#include "io/model_store.h"
#include "src/base/error.h"
#include "workflows/commands.h"
#include "workflows/predict_command.h"
#include "workflows/service_answers.h"

namespace umbra {

#ifndef UMBRA_HAVE_HTTPLIB

int serve_command(const ServeOptions&) {
  throw UserError("this build has no cpp-httplib, which serves models: install it (Debian: libcpp-httplib-dev) and build again, or use `umbra predict`");
}

#else

namespace {

constexpr std::size_t spare_threads = 256;
constexpr int longest_silence_s = 2;  // of a client in the middle of its request
constexpr std::chrono::seconds longest_body{10};

std::atomic<httplib::Server*> running{nullptr};

void stop_running(int) {
  if (httplib::Server* server = running.load()) server->stop();
}

void send(httplib::Response& response, const Answer& answer) {
  response.status = answer.status;
  response.set_content(answer.body, "application/json");
}

// Counts a request while it is answered.
class Place {
 public:
  explicit Place(std::atomic<int>& taken) : taken_(taken), number_(taken.fetch_add(1) + 1) {}
  ~Place() { --taken_; }
  int number() const { return number_; }

 private:
  std::atomic<int>& taken_;
  int number_;
};

}  // namespace

int serve_command(const ServeOptions& options) {
  ServiceAnswers answers(load_model(options.model));
  std::atomic<int> taken{0};
  httplib::Server server;
  // Many more threads than requests at once: those who are too many hear of it at once, and those who send slowly keep nobody waiting.
  server.new_task_queue = [&] { return new httplib::ThreadPool(static_cast<std::size_t>(options.at_once) + spare_threads); };
  server.set_payload_max_length(options.max_bytes);
  server.set_read_timeout(longest_silence_s);
  server.set_write_timeout(10);
  server.set_keep_alive_max_count(100);
  server.set_keep_alive_timeout(1);
  server.Get("/", [&](const httplib::Request&, httplib::Response& response) { send(response, answers.describe()); });
  // Read by hand: the library has a limit of its own for what curl -d calls a form.
  server.Post("/predict", [&](const httplib::Request&, httplib::Response& response, const httplib::ContentReader& read) {
    const Place place(taken);
    const bool served = place.number() <= options.at_once;
    const auto began = std::chrono::steady_clock::now();
    std::string body;
    std::size_t received = 0;
    bool late = false;
    const bool whole = read([&](const char* data, std::size_t size) {
      late = std::chrono::steady_clock::now() - began > longest_body;
      received += size;
      if (served) body.append(data, size);
      return received <= options.max_bytes && !late;
    });
    if (!served) {
      response.set_header("Retry-After", "1");
      return send(response, error_answer(503, fmt::format("more than {} requests at once: come again in a second", options.at_once)));
    }
    if (!whole) {
      response.status = received > options.max_bytes || response.status == 413 ? 413 : late ? 408 : 400;
      return;
    }
    send(response, answers.predict(body));
  });
  server.set_exception_handler([](const httplib::Request&, httplib::Response& response, auto) { send(response, error_answer(500, "the request met an unexpected error")); });
  server.set_error_handler([&](const httplib::Request&, httplib::Response& response) {
    if (!response.body.empty()) return;
    const std::string why = response.status == 413   ? fmt::format("the body is larger than {} bytes: send fewer points at a time", options.max_bytes)
                            : response.status == 408 ? "the body came too slowly: send it in one go"
                            : response.status == 404 ? "there is GET / (what the model is) and POST /predict"
                                                     : "the request was not understood";
    send(response, error_answer(response.status, why));
  });
  const int port = options.port == 0 ? server.bind_to_any_port(options.host) : (server.bind_to_port(options.host, options.port) ? options.port : -1);
  VALIDATE(port > 0, "port {} of {} cannot be had (another program may use it): choose another with --port", options.port, options.host);
  running = &server;
  std::signal(SIGINT, stop_running);
  std::signal(SIGTERM, stop_running);
  fmt::print("serving {} on http://{}:{} (GET / and POST /predict)\n", options.model, options.host, port);
  std::fflush(stdout);
  server.listen_after_bind();
  running = nullptr;
  return exit_code::done;
}

#endif

}  // namespace umbra
