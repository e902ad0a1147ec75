// A simulator with every vice:  evil VICE [FILE] [words that only mark the process]
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

void write_mass(const char* file, const char* value) {
  if (std::FILE* out = std::fopen(file, "w")) {
    std::fprintf(out, "# a spectrum\nBLOCK MASS   # pole masses\n   25   %s   # h\n", value);
    std::fclose(out);
  }
}

[[noreturn]] void sleep_for_ever() {
  for (;;) pause();
}

void leave_behind(bool detached) {
  if (fork() != 0) return;
  if (detached) {
    setsid();
    if (fork() != 0) _exit(0);
    for (int d = 0; d < 64; ++d) close(d);
    for (int s : {SIGTERM, SIGHUP, SIGINT}) signal(s, SIG_IGN);
  }
  sleep_for_ever();
}

}  // namespace

int main(int argc, char* argv[]) {
  const std::string vice = argc > 1 ? argv[1] : "";
  const char* file = argc > 2 ? argv[2] : "out.slha";
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);

  if (vice == "good") write_mass(file, "1.25000000E+02");
  if (vice == "hang") sleep_for_ever();
  if (vice == "deaf") {
    for (int s = 1; s < 32; ++s) signal(s, SIG_IGN);
    sleep_for_ever();
  }
  if (vice == "spin")
    for (volatile bool on = true; on;) {
    }
  if (vice == "segfault") raise(SIGSEGV);
  if (vice == "abort") {
    std::fprintf(stderr, "terminate called\n  after a cosmic ray\n");
    std::abort();
  }
  if (vice == "allocate")
    for (;;) {
      constexpr std::size_t size = std::size_t{16} << 20;
      if (void* p = std::malloc(size)) std::memset(p, 1, size);
    }
  if (vice == "flood") {
    if (argc > 3 && std::string(argv[3]) == "stubborn") signal(SIGXFSZ, SIG_IGN);
    const std::string line(1000, 'x');
    for (int i = 0; i < 1000000; ++i) std::puts(line.c_str());
  }
  if (vice == "exit") {
    std::fprintf(stderr, "no convergence\n");
    return std::atoi(file);
  }
  if (vice == "half") {
    if (std::FILE* out = std::fopen(file, "w")) {
      std::fputs("BLOCK MASS\n   25   1.2", out);
      std::fclose(out);
    }
  }
  if (vice == "empty") write_mass(file, "");
  if (vice == "nan") write_mass(file, "NaN");
  if (vice == "words") write_mass(file, "heavy");
  if (vice == "stars") write_mass(file, "********");
  if (vice == "pipe") mkfifo(file, 0600);
  if (vice == "orphan" || vice == "daemon") {
    write_mass(file, "125");
    leave_behind(vice == "daemon");
    if (vice == "daemon") usleep(20000);
  }
  if (vice == "clan") {
    write_mass(file, "125");
    for (int i = 0; i < 10; ++i) leave_behind(i % 2 == 0);
    sleep_for_ever();
  }
  if (vice == "spinfo") {
    if (std::FILE* out = std::fopen(file, "w")) {
      std::fputs("Block SPINFO\n  1  SOMETOOL  # name\n  4  Stop tachyon [ at M_X ]  # why\n", out);
      std::fclose(out);
    }
    return 255;
  }
  if (vice == "descriptors") {
    // Passes only where nothing but the three standard descriptors is open, and standard input is empty.
    int extra = 0;
    for (int d = 3; d < 256; ++d)
      if (lseek(d, 0, SEEK_CUR) != -1 || fsync(d) == 0) ++extra;
    for (int d = 3; d < 256; ++d) {
      struct stat info {};
      if (fstat(d, &info) == 0) ++extra;
    }
    char c = 0;
    write_mass(file, std::to_string(extra + 100 * static_cast<int>(read(0, &c, 1))).c_str());
  }
  return 0;
}
