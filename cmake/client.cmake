# libblynkd-client, for local programs in C: hiredis and nothing else, its own names only. Installed as two
# components: `client` is what a program needs to run, `client-dev` what is needed to build one.
set(BLYNKD_CLIENT_SOVERSION 0) # goes up when a program built before would no longer run

file(GLOB client_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/client/*.c)
set(client_map ${PROJECT_SOURCE_DIR}/src/client/blynkd-client.map)
add_library(blynkd-client SHARED ${client_sources})
target_link_libraries(blynkd-client PRIVATE $<BUILD_INTERFACE:blynkd_flags> PkgConfig::HIREDIS)
target_include_directories(blynkd-client PRIVATE src/client INTERFACE include)
target_link_options(blynkd-client PRIVATE LINKER:--version-script=${client_map})
set_target_properties(blynkd-client PROPERTIES
    VERSION ${BLYNKD_CLIENT_SOVERSION}.${PROJECT_VERSION_MINOR}.${PROJECT_VERSION_PATCH}
    SOVERSION ${BLYNKD_CLIENT_SOVERSION}
    LINK_DEPENDS ${client_map})

install(TARGETS blynkd-client
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT client NAMELINK_COMPONENT client-dev)
install(FILES include/blynkd/client.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/blynkd COMPONENT client-dev)

# The file says where it lies itself, so that `cmake --install --prefix` may still choose.
file(RELATIVE_PATH CLIENT_PREFIX_FROM_PC /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/blynkd-client.pc.in blynkd-client.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/blynkd-client.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT client-dev)
