// Runs one fuzz target over every file of a corpus folder, without libFuzzer.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

#include "fuzz/fuzz.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: NAME_fuzz CORPUS_FOLDER\n";
    return 2;
  }
  int ran = 0;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::vector<char> content{std::istreambuf_iterator<char>(file), {}};
    std::cerr << entry.path().filename().string() << "\n";
    // A copy of exactly that size, so that a sanitizer sees a read past its end.
    const std::vector<uint8_t> input(content.begin(), content.end());
    LLVMFuzzerTestOneInput(input.data(), input.size());
    ++ran;
  }
  std::cerr << ran << " inputs\n";
  return ran > 0 ? 0 : 1;
}
