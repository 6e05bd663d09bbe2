/* pool - time and memory of perfkit_pool.h beside the pools and allocators that Debian has, and beside the least that any has
   to do.

   pool/SIZE/PATTERN/FORM            one thread, nanoseconds of its processor time for an acquire and a release: objects.cpp
   pool/threads/SIZE/PATTERN/FORM    two threads, nanoseconds for an acquire and a release of each: threads.cpp
   pool/bytes/FORM                   bytes an object beside the object itself: bytes.cpp
   pool/resources/…                  pools of resources, with one thread and with many: resources.cpp

   Every object acquired is written to, once. A second thread that sleeps is there from the start: without it glibc would leave
   out its locks, and a program with threads is what pools are for. Pages are small for all. `best` is the fastest peer of the
   row, or the named one in rows called vs-…; a goal like ratio>=1/1.05 says that ours takes at most 1.05 times the peer's
   time. */
#include "pools.hpp"
#include "themes.hpp"

namespace {
/* Is there until the program ends. */
void start_idle_thread() {
    std::thread([] {
        for (;;) pause();
    }).detach();
}
} // namespace

int main(int argc, char **argv) {
    bench::tune_glibc(argv, "glibc.rtld.optional_static_tls", "16384"); /* for peers::load_all */
    bench::small_pages_for_all();
    std::vector<std::string> words;
    bool goals_only = false;
    for (int i = 1; i < argc; i++) {
        if (std::string(argv[i]) == "--goals-only") goals_only = true;
        else words.push_back(argv[i]);
    }
    bench::report report("pool", words);
    peers::load_all();
    start_idle_thread();
    bench::pin(0);
    if (!goals_only) bytes(report); /* first: what was freed before would not be counted */
    objects(report, goals_only);
    threads(report, goals_only);
    resources(report, goals_only);
    return report.end();
}
