# cmake --toolchain cmake/toolchain-arm64.cmake: for a 64-bit Raspberry Pi OS and Debian arm64.
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(BLYNKD_TRIPLET aarch64-linux-gnu)
set(BLYNKD_DEBIAN_ARCHITECTURE arm64)
set(CMAKE_CROSSCOMPILING_EMULATOR /usr/bin/qemu-aarch64-static)
include(${CMAKE_CURRENT_LIST_DIR}/toolchain-debian.cmake)
