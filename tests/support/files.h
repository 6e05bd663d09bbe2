/* files.h - what the tests that write files need of POSIX, on Windows too. */
#ifndef PERFKIT_TEST_FILES_H
#define PERFKIT_TEST_FILES_H
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef _WIN32
#include <direct.h>
#include <io.h>
#include <process.h>
#define mkdir(path, mode) _mkdir(path)
#define FILES_TEMPORARY ""              /* in the folder where the tests run */
#define FILES_BINARY() (_fmode = _O_BINARY) /* no \r before each \n */
#else
#define FILES_TEMPORARY "/tmp/"
#define FILES_BINARY() ((void)0)
#endif
#endif
