# OtInstall: what `cmake --install` puts where, the CMake package and the pkg-config files.
