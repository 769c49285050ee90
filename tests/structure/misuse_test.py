"""What must not compile. Beside each stands its like that does, so that it fails for the reason that is meant."""

import shutil
import unittest

from structure import PUBLIC_FLAGS, ROOT, compiles

INCLUDE = '#include "inflight/infer_queue.hpp"\nusing namespace inflight;\n'


class Misuse(unittest.TestCase):
    def assert_only(self, right, wrong, *flags, said="", cxx=None):
        named = {"cxx": cxx} if cxx else {}
        self.assertEqual(compiles(right, *flags, **named), "")
        self.assertIn(said, compiles(wrong, *flags, **named) or "it compiles")

    def test_what_owns_something_is_moved_and_not_copied(self):
        for header, owner in (("pipeline", "Pipeline"), ("tensor", "Tensor"), ("infer_queue", "InferQueue"),
                              ("infer_queue", "InferQueue::Slot"), ("callback", "Callback<void()>"), ("await", "Task<int>")):
            with self.subTest(owner):
                code = f'#include "inflight/{header}.hpp"\nusing namespace inflight;\n'
                code += f"{owner} pass({owner}{{}} value) {{ return static_cast<{owner}{{}}>(value); }}"
                self.assert_only(code.replace("{}", "&&"), code.replace("{}", "&"), *PUBLIC_FLAGS, said="error")

    def test_a_task_is_awaited_or_kept(self):
        code = INCLUDE + "Task<int> later(); Task<void> now() {{ {} later(); }}"
        self.assert_only(code.format("co_await"), code.format("later(); co_await"), *PUBLIC_FLAGS, said="nodiscard")

    def test_a_request_is_awaited_where_coroutines_are(self):
        code = INCLUDE + "{} use(InferQueue& queue) {{ auto slot = co_await queue.acquired(); static_cast<void>(slot); }}"
        self.assert_only(code.format("Task<void>"), code.format("void"), *PUBLIC_FLAGS, said="coroutine")

    @unittest.skipUnless(shutil.which("clang++-19"), "clang 19 is not installed (tools/deps.sh tidy)")
    def test_what_a_mutex_guards_is_touched_under_it(self):
        code = """
            #include "mutex.hpp"
            class Counter {{
             public:
              void count() {{ {} ++count_; }}
             private:
              inflight::Mutex mutex_;
              int count_ INFLIGHT_GUARDED_BY(mutex_) = 0;
            }};"""
        flags = [*PUBLIC_FLAGS, "-I", str(ROOT / "src/base"), "-Wthread-safety"]
        self.assert_only(code.format("inflight::MutexLock lock(mutex_);"), code.format(""), *flags,
                         said="requires holding mutex", cxx="clang++-19")


if __name__ == "__main__":
    unittest.main(verbosity=2)
