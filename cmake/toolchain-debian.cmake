# For toolchain-arm64.cmake and toolchain-armhf.cmake: Debian's cross compilers, with the libraries of the other
# architecture beside those of this one. Programs that a build starts (its tests) go through qemu.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_C_COMPILER ${BLYNKD_TRIPLET}-gcc)
set(CMAKE_LIBRARY_ARCHITECTURE ${BLYNKD_TRIPLET})
set(CMAKE_INSTALL_LIBDIR lib/${BLYNKD_TRIPLET} CACHE PATH "")
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE ${BLYNKD_DEBIAN_ARCHITECTURE})
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/${BLYNKD_TRIPLET}/pkgconfig:/usr/share/pkgconfig)
