#include "jpeg/guard.hpp"

#include <array>

namespace imcaxy::jpeg {
namespace {

void give_up(j_common_ptr info) {
  std::longjmp(reinterpret_cast<ErrorManager*>(info->err)->place, 1);
}

}  // namespace

ErrorManager::ErrorManager() {
  jpeg_std_error(&manager);
  manager.error_exit = give_up;
  // Warnings are about damage that can be lived with: the rest of the picture is shown.
  manager.emit_message = [](j_common_ptr, int) {};
}

Error ErrorManager::error(int status) const {
  std::array<char, JMSG_LENGTH_MAX> text{};
  jpeg_common_struct info{};
  auto copy = manager;
  info.err = &copy;
  copy.format_message(&info, text.data());
  return {status, text.data(), {}};
}

}  // namespace imcaxy::jpeg
