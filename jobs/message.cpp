#include "jobs/message.h"

#include <algorithm>

#include "src/base/error.h"

namespace umbra {

namespace {

struct TaskHeader {
  TaskId id;
  TaskKind kind;
  std::uint32_t payload_bytes;
  Care care;
};

struct OutcomeHeader {
  TaskId id;
  double start, duration;
  TaskKind kind;
  Status status;
  std::int32_t phase;
  std::uint32_t message_bytes, num_values, blob_bytes, row_numbers;
};

}  // namespace

void Buffer::reserve(std::size_t capacity) {
  if (capacity <= capacity_) return;
  auto larger = std::make_unique_for_overwrite<std::byte[]>(capacity);
  if (size_ > 0) std::memcpy(larger.get(), data_.get(), size_);
  data_ = std::move(larger);
  capacity_ = capacity;
}

void append_task(Buffer& message, const Task& task) {
  VALIDATE(task.payload.size() + sizeof(TaskHeader) <= max_message_bytes, "task {} has a payload of {} bytes (more than 2 GB cannot be sent to a rank), split it", task.id,
           task.payload.size());
  const TaskHeader header{task.id, task.kind, static_cast<std::uint32_t>(task.payload.size()), task.care};
  message.append(&header, sizeof header);
  message.append(task.payload.data(), task.payload.size());
}

void append_outcome(Buffer& message, const Outcome& o) {
  const std::size_t bytes = sizeof(OutcomeHeader) + o.message.size() + o.values.size() * sizeof(double) + o.blob.size();
  VALIDATE(message.size() + bytes <= max_message_bytes, "the outcome has {} bytes (more than 2 GB cannot be sent to the coordinator), return less or split the task", bytes);
  const OutcomeHeader header{o.id,
                             o.start,
                             o.duration,
                             o.kind,
                             o.status,
                             o.phase,
                             static_cast<std::uint32_t>(o.message.size()),
                             static_cast<std::uint32_t>(o.values.size()),
                             static_cast<std::uint32_t>(o.blob.size()),
                             o.row_numbers};
  message.append(&header, sizeof header);
  message.append(o.values.data(), o.values.size() * sizeof(double));
  message.append(o.message.data(), o.message.size());
  message.append(o.blob.data(), o.blob.size());
}

void MessageReader::read(Task& task) {
  TaskHeader header;
  take(&header, sizeof header);
  task.id = header.id;
  task.kind = header.kind;
  task.care = header.care;
  task.payload.resize(header.payload_bytes);
  take(task.payload.data(), header.payload_bytes);
}

void MessageReader::read(Outcome& outcome) {
  OutcomeHeader header;
  take(&header, sizeof header);
  outcome.id = header.id;
  outcome.start = header.start;
  outcome.duration = header.duration;
  outcome.kind = header.kind;
  outcome.status = header.status;
  outcome.phase = header.phase;
  outcome.row_numbers = header.row_numbers;
  outcome.values.resize(header.num_values);
  take(outcome.values.data(), header.num_values * sizeof(double));
  outcome.message.resize(header.message_bytes);
  take(outcome.message.data(), header.message_bytes);
  outcome.blob.resize(header.blob_bytes);
  take(outcome.blob.data(), header.blob_bytes);
}

std::string MessageReader::rest() {
  std::string text(end_ - at_, '\0');
  take(text.data(), text.size());
  return text;
}

}  // namespace umbra
