// The canaries as the Python module `rapidmarc_canaries`. Test-only, never part of a wheel.
//
// The GIL is released around every canary but one: `gil_holder_vs_worker` is about a caller that
// holds it, and its worker never asks for it.
#include <pybind11/pybind11.h>

#include "canaries.hpp"

PYBIND11_MODULE(rapidmarc_canaries, module) {
  namespace canaries = rapidmarc::canaries;
  using WithoutGil = pybind11::call_guard<pybind11::gil_scoped_release>;
  module.doc() = "Deliberate races that ThreadSanitizer must report.";
  module.def("worker_vs_worker", canaries::worker_vs_worker, WithoutGil());
  module.def("parallel_filter_counter", canaries::parallel_filter_counter, WithoutGil());
  module.def("token_rewritten", canaries::token_rewritten, WithoutGil());
  module.def("without_gil", canaries::without_gil, WithoutGil());
  module.def("gil_holder_vs_worker", canaries::gil_holder_vs_worker);
  module.def("lock_order_inversion", canaries::lock_order_inversion, WithoutGil());
}
