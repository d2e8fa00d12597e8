# Where things go on a Debian system, and into which package (see package.cmake): what names no component goes into
# `blynkd`. Installed under /usr or /usr/local, units, configuration and udev rules go where the system looks for
# them; under any other prefix they stay below it. DESTDIR works with both.
function(install_page page)
    get_filename_component(name ${page} NAME)
    string(REGEX MATCH "[1-8]$" section ${name})
    set(component blynkd)
    if(name MATCHES "^blynksim\\.")
        set(component blynksim)
    elseif(section EQUAL 3)
        set(component client-dev)
    endif()
    install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section} COMPONENT ${component})
endfunction()

file(GLOB pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/man/*.[1-8])
foreach(page ${pages})
    install_page(${page})
endforeach()

# Completion is looked for under the name of the command (bash) and _command (zsh).
install(FILES conf/completion/blynkctl.bash RENAME blynkctl
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES conf/completion/_blynkctl DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)

# Small programs that use the socket: to be read, copied and changed.
install(FILES examples/sensor.c DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(PROGRAMS examples/sensor.py examples/sensor.js examples/sensor.sh examples/sensor-redis-cli.sh
        DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES systemd/host-uplink.conf systemd/gpio-power.conf DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES systemd/sysusers.conf DESTINATION lib/sysusers.d RENAME blynkd.conf)
install(FILES systemd/tmpfiles.conf DESTINATION lib/tmpfiles.d RENAME blynkd.conf)
install(FILES systemd/modules-load.conf DESTINATION lib/modules-load.d RENAME blynkd.conf)

# What the system itself says; Debian's places where its development files are not installed.
set(unit_dir /lib/systemd/system)
set(udev_dir /lib/udev)
pkg_get_variable(found systemd systemdsystemunitdir)
if(found)
    set(unit_dir ${found})
endif()
pkg_get_variable(found udev udevdir)
if(found)
    set(udev_dir ${found})
endif()
set(BLYNKD_UNIT_DIR ${unit_dir} CACHE PATH "Where unit files go")
set(BLYNKD_UDEV_RULES_DIR ${udev_dir}/rules.d CACHE PATH "Where udev rules go")

# The prefix may be given as late as `cmake --install --prefix`: what depends on it is decided by a script.
install(CODE "
    set(SOURCE_DIR \"${PROJECT_SOURCE_DIR}\")
    set(STAGE_DIR \"${PROJECT_BINARY_DIR}/install\")
    set(SBIN_DIR \"${CMAKE_INSTALL_SBINDIR}\")
    set(UNIT_DIR \"${BLYNKD_UNIT_DIR}\")
    set(UDEV_RULES_DIR \"${BLYNKD_UDEV_RULES_DIR}\")
    include(\"${PROJECT_SOURCE_DIR}/cmake/install_system.cmake\")
" COMPONENT blynkd)
