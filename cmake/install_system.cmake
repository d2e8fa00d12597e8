# Runs at install time (see install.cmake), when the prefix is known. file(INSTALL) minds DESTDIR by itself.
if(CMAKE_INSTALL_PREFIX MATCHES "^/usr(/local)?/?$")
    set(root "")
else()
    set(root "${CMAKE_INSTALL_PREFIX}")
endif()

# The units in the tree name /usr/sbin and /etc; elsewhere they must name what was installed.
foreach(name blynkd.service blynkd.socket blynkd-reload.path blynkd-reload.service)
    file(READ "${SOURCE_DIR}/systemd/${name}" unit)
    string(REPLACE "/usr/sbin/blynkd" "${CMAKE_INSTALL_PREFIX}/${SBIN_DIR}/blynkd" unit "${unit}")
    string(REPLACE "/etc/blynkd/" "${root}/etc/blynkd/" unit "${unit}")
    file(WRITE "${STAGE_DIR}/${name}" "${unit}")
    file(INSTALL "${STAGE_DIR}/${name}" DESTINATION "${root}${UNIT_DIR}")
endforeach()

file(READ "${SOURCE_DIR}/udev/61-blynkd.rules" rules)
string(REPLACE "/usr/lib/blynkd/" "${CMAKE_INSTALL_PREFIX}/lib/blynkd/" rules "${rules}")
file(WRITE "${STAGE_DIR}/61-blynkd.rules" "${rules}")
file(INSTALL "${STAGE_DIR}/61-blynkd.rules" DESTINATION "${root}${UDEV_RULES_DIR}")
file(READ "${SOURCE_DIR}/udev/is-modem-port" program)
string(REPLACE "/etc/blynkd/" "${root}/etc/blynkd/" program "${program}")
file(WRITE "${STAGE_DIR}/is-modem-port" "${program}")
file(INSTALL "${STAGE_DIR}/is-modem-port" DESTINATION "${CMAKE_INSTALL_PREFIX}/lib/blynkd"
     PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

# It will hold the token. A configuration that is there already is somebody's work: it stays.
if(EXISTS "$ENV{DESTDIR}${root}/etc/blynkd/blynkd.conf")
    message(STATUS "Kept: $ENV{DESTDIR}${root}/etc/blynkd/blynkd.conf")
else()
    file(INSTALL "${SOURCE_DIR}/conf/blynkd.conf" DESTINATION "${root}/etc/blynkd"
         PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ)
endif()
file(MAKE_DIRECTORY "$ENV{DESTDIR}${root}/etc/blynkd/blynkd.conf.d")
