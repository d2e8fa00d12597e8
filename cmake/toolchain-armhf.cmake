# cmake --toolchain cmake/toolchain-armhf.cmake: for a 32-bit Raspberry Pi OS on a Pi 2 or newer, and Debian armhf.
set(CMAKE_SYSTEM_PROCESSOR armv7l)
set(BLYNKD_TRIPLET arm-linux-gnueabihf)
set(BLYNKD_DEBIAN_ARCHITECTURE armhf)
set(CMAKE_CROSSCOMPILING_EMULATOR /usr/bin/qemu-arm-static)
include(${CMAKE_CURRENT_LIST_DIR}/toolchain-debian.cmake)
