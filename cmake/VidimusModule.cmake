# vidimus_module(NAME DEPS module... PRIVATE library...): one folder under src/ becomes one static library, and its
# *_test.cc files become one test program. DEPS mirror the table of modules in ARCHITECTURE.md; PRIVATE names third-party
# libraries, whose types stop at this module.
add_library(vidimus_options INTERFACE)
target_include_directories(vidimus_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(vidimus_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wimplicit-fallthrough -Werror
                                                 -fstack-protector-strong)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # clang warns of std::get_temporary_buffer inside libstdc++'s own std::stable_sort; g++ keeps the warning for our code.
  target_compile_options(vidimus_options INTERFACE -Wno-deprecated-declarations)
endif()
if(VIDIMUS_SANITIZE)
  target_compile_options(vidimus_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
                                                   -fsanitize=fuzzer-no-link)
  target_link_options(vidimus_options INTERFACE -fsanitize=address,undefined)
endif()

function(vidimus_module name)
  cmake_parse_arguments(ARG "" "" "DEPS;PRIVATE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cc)
  file(GLOB_RECURSE tests CONFIGURE_DEPENDS *_test.cc)
  if(tests)
    list(REMOVE_ITEM sources ${tests})
  endif()
  list(TRANSFORM ARG_DEPS PREPEND vidimus_)
  add_library(vidimus_${name} STATIC ${sources})
  target_link_libraries(vidimus_${name} PUBLIC vidimus_options ${ARG_DEPS} PRIVATE ${ARG_PRIVATE})
  if(tests)
    add_executable(${name}_test ${tests})
    target_include_directories(${name}_test PRIVATE ${CMAKE_SOURCE_DIR})
    target_link_libraries(${name}_test PRIVATE vidimus_${name} ${ARG_PRIVATE} GTest::gtest_main GTest::gmock)
    add_test(NAME ${name} COMMAND ${name}_test)
  endif()
endfunction()
