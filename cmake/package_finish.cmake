# Run by cpack when the packages are there (see package.cmake). cpack lets a library's package call ldconfig from
# scripts of its own; Debian wants the trigger, and the file `shlibs` for packages that will depend on it.
cmake_minimum_required(VERSION 3.25)

function(finish_library package)
    get_filename_component(folder "${package}" DIRECTORY)
    set(stage "${folder}/unpacked-library")
    get_filename_component(name "${package}" NAME)
    string(REGEX MATCH "^([a-z-]+)([0-9]+)_" ignored "${name}")
    set(library "${CMAKE_MATCH_1}")
    set(soversion "${CMAKE_MATCH_2}")

    file(REMOVE_RECURSE "${stage}")
    execute_process(COMMAND dpkg-deb -R "${package}" "${stage}" COMMAND_ERROR_IS_FATAL ANY)
    file(REMOVE "${stage}/DEBIAN/postinst" "${stage}/DEBIAN/postrm")
    file(WRITE "${stage}/DEBIAN/triggers" "activate-noawait ldconfig\n")
    file(WRITE "${stage}/DEBIAN/shlibs"
         "${library} ${soversion} ${library}${soversion} (>= ${CPACK_PACKAGE_VERSION})\n")
    file(READ "${stage}/DEBIAN/control" control)
    file(WRITE "${stage}/DEBIAN/control" "Multi-Arch: same\n${control}")
    file(CHMOD "${stage}/DEBIAN/triggers" "${stage}/DEBIAN/shlibs"
         PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
    execute_process(COMMAND dpkg-deb --root-owner-group -Zxz -b "${stage}" "${package}"
                    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
    file(REMOVE_RECURSE "${stage}")
endfunction()

foreach(package ${CPACK_PACKAGE_FILES})
    if(package MATCHES "/libblynkd-client[0-9]+_[^/]*\\.deb$")
        finish_library("${package}")
    endif()
endforeach()
