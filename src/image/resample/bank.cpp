#include "image/resample/bank.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numbers>

namespace imcaxy::image::resample {
namespace {

constexpr double lobes = 3, least_reduction = 2;

double sinc(double x) {
  if (x == 0) return 1;
  return std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
}

}  // namespace

double lanczos3(double x) {
  return std::abs(x) < lobes ? sinc(x) * sinc(x / lobes) : 0;
}

int box_size(double ratio) {
  return std::max(1, static_cast<int>(ratio / least_reduction));
}

Bank lanczos_bank(double ratio, int count) {
  const double scale = std::max(1.0, ratio);
  const int reach = static_cast<int>(std::ceil(lobes * scale));
  Bank bank;
  bank.taps = 2 * reach;
  for (int phase = 0; phase < Bank::phases; ++phase) {
    const auto begin = bank.weight.end() - bank.weight.begin();
    double sum = 0;
    for (int tap = 0; tap < bank.taps; ++tap) {
      const double place = tap - reach + 1 - static_cast<double>(phase) / Bank::phases;
      bank.weight.push_back(lanczos3(place / scale));
      sum += bank.weight.back();
    }
    std::for_each(bank.weight.begin() + begin, bank.weight.end(), [sum](double& weight) { weight /= sum; });
  }
  for (int i = 0; i < count; ++i) {
    const double centre = (i + 0.5) * ratio - 0.5;
    const auto place = static_cast<long>(std::floor(centre * Bank::phases + 0.5));
    const long whole = place >= 0 ? place / Bank::phases : -((-place + Bank::phases - 1) / Bank::phases);
    bank.first.push_back(static_cast<int>(whole) - reach + 1);
    bank.phase.push_back(static_cast<int>(place - whole * Bank::phases));
  }
  return bank;
}

Bank sharpened(const Bank& bank) {
  constexpr double aside = -1.0 / 32;
  Bank out;
  out.taps = bank.taps + 2;
  out.phase = bank.phase;
  std::ranges::transform(bank.first, std::back_inserter(out.first), [](int first) { return first - 1; });
  for (int phase = 0; phase < Bank::phases; ++phase) {
    const auto weight = [&](int tap) { return tap < 0 || tap >= bank.taps ? 0 : bank.window(phase)[tap]; };
    for (int tap = -1; tap <= bank.taps; ++tap)
      out.weight.push_back((1 - 2 * aside) * weight(tap) + aside * (weight(tap - 1) + weight(tap + 1)));
  }
  return out;
}

}  // namespace imcaxy::image::resample
