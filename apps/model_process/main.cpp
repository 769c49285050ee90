// inflight-model: the process that PROCESS devices give a model. Started by the library, not by people.
#include <sys/prctl.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "inflight/model_process.hpp"
#include "room.hpp"

int main(int argc, char** argv) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // nobody is left to want its results
  int status =
      inflight::app::with_room([&] { return argc > 1 ? inflight::serve_model_process(std::atoi(argv[1])) : 1; });
  if (status != 0)
    std::fputs("inflight-model serves one model to the program that starts it, for devices like PROCESS:ov:CPU\n",
               stderr);
  return status;
}
