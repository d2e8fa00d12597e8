# Debian packages by `cpack -G DEB`, a component each. scripts/package does it for all architectures, in a chroot.
set(BLYNKD_PACKAGE_REVISION 1 CACHE STRING "Debian revision of the packages")
set(BLYNKD_PACKAGE_MAINTAINER "The blynkd authors <blynkd@users.noreply.github.com>" CACHE STRING
    "Who answers for the packages: name <mail address>")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME blynkd)
set(CPACK_PACKAGE_CONTACT "${BLYNKD_PACKAGE_MAINTAINER}")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")   # each package has its own, the first line of its description
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_STRIP_FILES ON)
# With DESTDIR the install scripts see the prefix /usr, and put units and configuration where they belong.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)

set(CPACK_COMPONENTS_ALL blynkd blynksim)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE ${BLYNKD_PACKAGE_REVISION})
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/package_stage.cmake)
set(CPACK_POST_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/package_finish.cmake)
set(CPACK_BLYNKD_SOURCE_DIR ${PROJECT_SOURCE_DIR})   # for the first of them

set(packaging ${PROJECT_SOURCE_DIR}/packaging)
set(CPACK_DEBIAN_BLYNKD_PACKAGE_NAME blynkd)
set(CPACK_DEBIAN_BLYNKD_PACKAGE_SECTION comm)
set(CPACK_DEBIAN_BLYNKD_PACKAGE_DEPENDS adduser)   # for postinst; the libraries are added by dpkg-shlibdeps
set(CPACK_DEBIAN_BLYNKD_PACKAGE_SUGGESTS blynksim)
set(CPACK_DEBIAN_BLYNKD_PACKAGE_CONTROL_EXTRA
    ${packaging}/blynkd/conffiles ${packaging}/blynkd/postinst ${packaging}/blynkd/prerm ${packaging}/blynkd/postrm)
set(CPACK_DEBIAN_BLYNKD_DESCRIPTION
"Blynk over a cellular modem, with a local socket
Connects a machine that has nothing but a serial cellular modem to a Blynk
server: brings the modem into the network, opens the connection through it
with the module's own AT commands, encrypts it, speaks the Blynk device
protocol, and brings the link back whenever it is lost.
.
Local programs read and write pins over a Unix socket with any Redis client.
What they wrote waits on the disk until the server has confirmed it.")

set(CPACK_DEBIAN_BLYNKSIM_PACKAGE_NAME blynksim)
set(CPACK_DEBIAN_BLYNKSIM_PACKAGE_SECTION comm)
set(CPACK_DEBIAN_BLYNKSIM_PACKAGE_SUGGESTS blynkd)
set(CPACK_DEBIAN_BLYNKSIM_DESCRIPTION
"simulated cellular modems and Blynk server
Stands in for the hardware and the cloud of blynkd: a pseudo terminal that
behaves like one of many cellular modules, faults included, and a server
that speaks the Blynk device protocol, with TLS if wanted.")

if(TARGET blynkd-client)
    # The package of a shared library is named after what its programs were linked with: libblynkd-client0.
    get_target_property(soversion blynkd-client SOVERSION)
    list(APPEND CPACK_COMPONENTS_ALL client client-dev)
    set(CPACK_DEBIAN_CLIENT_PACKAGE_NAME libblynkd-client${soversion})
    set(CPACK_DEBIAN_CLIENT_PACKAGE_SECTION libs)
    set(CPACK_DEBIAN_CLIENT_DESCRIPTION
"library for programs that talk to blynkd
Reads and writes Blynk pins over the local socket of blynkd, from C.")
    set(CPACK_DEBIAN_CLIENT-DEV_PACKAGE_NAME libblynkd-client-dev)
    set(CPACK_DEBIAN_CLIENT-DEV_PACKAGE_SECTION libdevel)
    set(CPACK_DEBIAN_CLIENT-DEV_PACKAGE_DEPENDS
        "libblynkd-client${soversion} (= ${PROJECT_VERSION}-${BLYNKD_PACKAGE_REVISION}), libhiredis-dev")
    set(CPACK_DEBIAN_CLIENT-DEV_DESCRIPTION
"library for programs that talk to blynkd (development files)
Header and link name of the library that reads and writes Blynk pins over the
local socket of blynkd, from C.")
endif()

include(CPack)
