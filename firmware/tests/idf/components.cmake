# Runs what our CMake files tell ESP-IDF, the way it first does (`cmake -P`, where not everything of CMake is allowed):
# cmake -DROOT=<folder of esp-idf> -P components.cmake. Every source and folder must be there, and no source left out.
cmake_minimum_required(VERSION 3.19)

set(all "")

function(idf_component_register)
  cmake_parse_arguments(component "" "" "SRCS;INCLUDE_DIRS;REQUIRES;PRIV_REQUIRES;PRIV_INCLUDE_DIRS" ${ARGN})
  foreach(path IN LISTS component_SRCS component_INCLUDE_DIRS component_PRIV_INCLUDE_DIRS)
    get_filename_component(path ${path} ABSOLUTE BASE_DIR ${here})
    if(NOT EXISTS ${path})
      message(FATAL_ERROR "${path} is not there")
    endif()
    list(APPEND all ${path})
  endforeach()
  set(all ${all} PARENT_SCOPE)
endfunction()

function(target_compile_definitions)
endfunction()

file(GLOB applications RELATIVE ${ROOT} ${ROOT}/../example/*/main)
foreach(component components/earshot components/earshot_port components/earshot_app main ${applications})
  set(here ${ROOT}/${component})
  include(${here}/CMakeLists.txt)
endforeach()

file(GLOB sources ${ROOT}/main/*.c ${ROOT}/../core/*.c ${ROOT}/../port/lwip/*.c ${ROOT}/../port/esp-idf/*.c
  ${ROOT}/../app/esp-idf/*.c ${ROOT}/../example/*/main/*.c)
foreach(source ${sources})
  get_filename_component(source ${source} ABSOLUTE)
  if(NOT source IN_LIST all)
    message(FATAL_ERROR "${source} is in no component")
  endif()
endforeach()
