#include "io/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>

namespace umbra {
namespace {

constexpr int tear = -1;

const char* name(FileOperation o) {
  constexpr const char* names[] = {"open", "write", "sync", "close", "rename", "remove", "link", "make_directory", "sync_directory", "reserve", "hdf5_create", "hdf5_write", "hdf5_close"};
  return names[static_cast<int>(o)];
}

struct Fault {
  bool armed = false;
  std::string operation, part;
  std::uint64_t at = 0;
  bool kill = false, tear = false, stall = false, persists = false;
  int code = 0;
  std::uint64_t matched = 0, passed = 0;
};

std::mutex fault_mutex;

Fault parse(const std::string& text) {
  Fault f;
  if (text.empty()) return f;
  std::vector<std::string> fields(1);
  for (const char c : text) {
    if (c == ':' && fields.size() < 4) fields.emplace_back();
    else fields.back() += c;
  }
  VALIDATE(fields.size() >= 3, "UMBRA_FAULT: '{}' is not <operation>:<n>:<action>", text);
  f.armed = true;
  f.operation = fields[0];
  f.at = std::strtoull(fields[1].c_str(), nullptr, 10);
  f.kill = fields[2] == "kill";
  f.tear = fields[2] == "tear";
  f.stall = fields[2] == "stall";
  for (const auto& [word, code] : {std::pair{"ENOSPC", ENOSPC}, {"EDQUOT", EDQUOT}, {"EIO", EIO}, {"EACCES", EACCES}, {"EPERM", EPERM}})
    if (fields[2] == word) f.code = code;
  f.persists = f.code == ENOSPC || f.code == EDQUOT;
  VALIDATE(f.kill || f.tear || f.stall || f.code != 0, "UMBRA_FAULT: unknown action '{}'", fields[2]);
  if (fields.size() > 3) f.part = fields[3];
  return f;
}

Fault& fault() {
  static Fault f = [] {
    const char* text = std::getenv("UMBRA_FAULT");
    return parse(text ? text : "");
  }();
  return f;
}

int point(FileOperation operation, std::string_view path) {
  std::unique_lock lock(fault_mutex);
  Fault& f = fault();
  ++f.passed;
  if (!f.armed || (f.operation != "any" && f.operation != name(operation)) || path.find(f.part) == std::string_view::npos) return 0;
  const std::uint64_t n = f.matched++;
  if (n != f.at && !(f.persists && n > f.at)) return 0;
  if (f.tear && operation == FileOperation::write) return tear;
  if (f.kill || f.tear) std::raise(SIGKILL);
  if (f.stall) {
    lock.unlock();
    std::this_thread::sleep_for(std::chrono::minutes(1));
    return 0;
  }
  return f.code;
}

[[noreturn]] void fail(const std::string& action, const std::string& path, int code) {
  throw FileError(fmt::format("cannot {} {}: {}", action, path, std::strerror(code)), code);
}

/// Runs a system call unless a fault is due.
template <class Call>
auto checked(FileOperation operation, const char* action, const std::string& path, Call call) {
  const int code = point(operation, path);
  if (code == tear) std::raise(SIGKILL);
  if (code != 0) fail(action, path, code);
  for (;;) {
    const auto result = call();
    if (result >= 0) return result;
    if (errno != EINTR) fail(action, path, errno);
  }
}

std::string folder_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

void sync_folder(const std::string& path) {
  const int d = checked(FileOperation::open, "open", path, [&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  const int code = point(FileOperation::sync_directory, path);
  const int result = code == 0 ? ::fsync(d) : -1;
  const int error = code != 0 ? code : errno;
  ::close(d);
  // Some network file systems refuse to sync a folder, because their renames are synchronous.
  if (result != 0 && (code != 0 || (error != EINVAL && error != ENOTSUP && error != EBADF))) fail("sync", path, error);
}

bool FileError::no_space() const { return code_ == ENOSPC || code_ == EDQUOT; }

int fault_point(FileOperation operation, std::string_view path) { return point(operation, path); }

void set_fault(const std::string& description) {
  Fault f = parse(description);
  fault();
  const std::scoped_lock lock(fault_mutex);
  fault() = std::move(f);
}

std::uint64_t fault_points_passed() {
  const std::scoped_lock lock(fault_mutex);
  return fault().passed;
}

File::File(std::string path, Mode mode) : path_(std::move(path)) {
  const int flags = O_WRONLY | O_CLOEXEC | (mode == Mode::create ? O_CREAT | O_TRUNC : 0);
  descriptor_ = checked(FileOperation::open, "open", path_, [&] { return ::open(path_.c_str(), flags, 0644); });
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

File::File(File&& other) noexcept : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

File& File::operator=(File&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

void File::write(std::span<const std::byte> bytes) {
  const int code = point(FileOperation::write, path_);
  if (code == tear) {
    [[maybe_unused]] const auto n = ::write(descriptor_, bytes.data(), bytes.size() / 2);
    std::raise(SIGKILL);
  }
  if (code != 0) fail("write", path_, code);
  while (!bytes.empty()) {
    const ssize_t n = ::write(descriptor_, bytes.data(), std::min<std::size_t>(bytes.size(), std::size_t{1} << 30));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("write", path_, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}

void File::truncate(std::uint64_t size) {
  checked(FileOperation::write, "truncate", path_, [&] { return ::ftruncate(descriptor_, static_cast<off_t>(size)); });
  if (::lseek(descriptor_, static_cast<off_t>(size), SEEK_SET) < 0) fail("seek in", path_, errno);
}

void File::reserve(std::uint64_t size) {
  if (size == 0) return;
  if (const int code = point(FileOperation::reserve, path_); code != 0) fail("reserve space for", path_, code);
  int result = 0;
  do result = ::fallocate(descriptor_, 0, 0, static_cast<off_t>(size));
  while (result != 0 && errno == EINTR);
  if (result == 0) return;
  if (errno != EOPNOTSUPP && errno != ENOSYS) fail("reserve space for", path_, errno);
  // The next best where the file system cannot reserve.
  check_space(path_, size);
}

void File::sync() {
  checked(FileOperation::sync, "sync", path_, [&] { return ::fdatasync(descriptor_); });
}

void File::close() {
  const int d = std::exchange(descriptor_, -1);
  const int code = point(FileOperation::close, path_);
  const int result = ::close(d);
  if (code != 0) fail("close", path_, code);
  if (result != 0 && errno != EINTR) fail("close", path_, errno);
}

MappedFile::MappedFile(const std::string& path) {
  const int d = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (d < 0) fail("open", path, errno);
  struct stat s {};
  void* memory = nullptr;
  if (::fstat(d, &s) == 0 && s.st_size > 0) memory = ::mmap(nullptr, static_cast<std::size_t>(s.st_size), PROT_READ, MAP_PRIVATE, d, 0);
  const int code = errno;
  ::close(d);
  if (memory == MAP_FAILED) fail("read", path, code);
  bytes_ = {static_cast<const std::byte*>(memory), static_cast<std::size_t>(s.st_size)};
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

void check_space(const std::string& folder, std::uint64_t size) {
  const int code = point(FileOperation::reserve, folder);
  struct statvfs v {};
  if (code != 0 || (::statvfs(folder.c_str(), &v) == 0 && std::uint64_t{v.f_bavail} * v.f_frsize < size)) fail("reserve space in", folder, code != 0 ? code : ENOSPC);
}

std::vector<std::byte> read_file(const std::string& path) {
  const int d = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (d < 0) fail("open", path, errno);
  std::vector<std::byte> bytes;
  std::size_t used = 0;
  for (;;) {
    if (used == bytes.size()) bytes.resize(std::max<std::size_t>(bytes.size() * 2, 65536));
    const ssize_t n = ::read(d, bytes.data() + used, bytes.size() - used);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int code = errno;
      ::close(d);
      fail("read", path, code);
    }
    if (n == 0) break;
    used += static_cast<std::size_t>(n);
  }
  ::close(d);
  bytes.resize(used);
  return bytes;
}

std::uint64_t file_size(const std::string& path) {
  struct stat s {};
  if (::stat(path.c_str(), &s) != 0) fail("find", path, errno);
  return static_cast<std::uint64_t>(s.st_size);
}

bool exists(const std::string& path) {
  struct stat s {};
  return ::stat(path.c_str(), &s) == 0;
}

std::vector<std::string> list_directory(const std::string& path) {
  std::vector<std::string> names;
  DIR* d = ::opendir(path.c_str());
  if (!d) {
    if (errno != ENOENT) fail("list", path, errno);
    return names;
  }
  while (const dirent* e = ::readdir(d))
    if (e->d_name[0] != '.') names.emplace_back(e->d_name);
  ::closedir(d);
  std::sort(names.begin(), names.end());
  return names;
}

void make_directory(const std::string& path) {
  if (path.empty() || exists(path)) return;
  const std::string parent = folder_of(path);
  make_directory(parent);
  checked(FileOperation::make_directory, "make the folder", path, [&] {
    const int result = ::mkdir(path.c_str(), 0755);
    return result != 0 && errno == EEXIST ? 0 : result;
  });
  sync_folder(parent);
}

void rename_file(const std::string& from, const std::string& to) {
  checked(FileOperation::rename, "rename to", to, [&] { return ::rename(from.c_str(), to.c_str()); });
  sync_folder(folder_of(to));
}

void link_file(const std::string& from, const std::string& to) {
  remove_file(to);
  if (const int code = point(FileOperation::link, to); code != 0) fail("link", to, code);
  if (::link(from.c_str(), to.c_str()) == 0) return sync_folder(folder_of(to));
  if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS && errno != EMLINK && errno != EXDEV) fail("link", to, errno);
  const std::string aside = to + ".tmp";
  const int d = ::open(from.c_str(), O_RDONLY | O_CLOEXEC);
  if (d < 0) fail("open", from, errno);
  File copy(aside, File::Mode::create);
  std::vector<std::byte> block(std::size_t{4} << 20);
  for (;;) {
    const ssize_t n = ::read(d, block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      const int code = n < 0 ? errno : 0;
      ::close(d);
      if (code != 0) fail("read", from, code);
      break;
    }
    copy.write({block.data(), static_cast<std::size_t>(n)});
  }
  copy.sync();
  copy.close();
  rename_file(aside, to);
}

void remove_file(const std::string& path) {
  checked(FileOperation::remove, "remove", path, [&] {
    const int result = ::unlink(path.c_str());
    return result != 0 && errno == ENOENT ? 0 : result;
  });
}

void replace_file(const std::string& path, std::string_view content) {
  const std::string aside = path + ".tmp";
  File f(aside, File::Mode::create);
  f.write(std::as_bytes(std::span(content)));
  f.sync();
  f.close();
  rename_file(aside, path);
}

void show_file(const std::string& path, std::string_view content) {
  const std::string aside = path + ".tmp";
  File f(aside, File::Mode::create);
  f.write(std::as_bytes(std::span(content)));
  f.close();
  checked(FileOperation::rename, "rename", aside, [&] { return ::rename(aside.c_str(), path.c_str()); });
}

}  // namespace umbra
