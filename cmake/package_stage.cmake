# Run by cpack between installing into its staging folders and packing them (see package.cmake): what Debian wants of
# a package and an ordinary installation does not have.
cmake_minimum_required(VERSION 3.25)

function(compress)
    execute_process(COMMAND gzip -9n ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

foreach(component ${CPACK_COMPONENTS_ALL})
    set(stage "${CPACK_TEMPORARY_INSTALL_DIRECTORY}/${component}")
    string(TOUPPER ${component} key)
    set(package "${CPACK_DEBIAN_${key}_PACKAGE_NAME}")
    set(doc "${stage}/usr/share/doc/${package}")

    file(REMOVE "${doc}/LICENSE")   # it stands in copyright
    file(COPY "${CPACK_BLYNKD_SOURCE_DIR}/packaging/copyright" DESTINATION "${doc}")
    configure_file("${CPACK_BLYNKD_SOURCE_DIR}/CHANGELOG.md" "${doc}/changelog" COPYONLY)
    configure_file("${CPACK_BLYNKD_SOURCE_DIR}/packaging/changelog" "${doc}/changelog.Debian" COPYONLY)
    file(GLOB_RECURSE to_compress "${stage}/usr/share/man/*")
    compress("${doc}/changelog" "${doc}/changelog.Debian" ${to_compress})

    file(READ "${CPACK_BLYNKD_SOURCE_DIR}/packaging/lintian-overrides" overrides)
    if(EXISTS "${CPACK_BLYNKD_SOURCE_DIR}/packaging/${component}/lintian-overrides")
        file(READ "${CPACK_BLYNKD_SOURCE_DIR}/packaging/${component}/lintian-overrides" own)
        string(APPEND overrides "${own}")
    endif()
    file(WRITE "${stage}/usr/share/lintian/overrides/${package}" "${overrides}")

    # Whatever the umask was, here and when the tree was checked out.
    file(GLOB_RECURSE all LIST_DIRECTORIES true "${stage}/*")
    foreach(path ${all})
        if(IS_DIRECTORY "${path}")
            file(CHMOD "${path}" DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
                 GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
        elseif(NOT IS_SYMLINK "${path}" AND NOT path MATCHES "/usr/s?bin/|/usr/lib/blynkd/|/etc/blynkd/")
            file(CHMOD "${path}" FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
        endif()
    endforeach()
    # It is to hold secrets: closed from the moment of unpacking; postinst gives it to the daemon's group.
    if(EXISTS "${stage}/etc/blynkd")
        file(CHMOD "${stage}/etc/blynkd" "${stage}/etc/blynkd/blynkd.conf.d"
             DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE)
    endif()
endforeach()
