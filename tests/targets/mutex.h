/* mutex.h - mutex hooks of a system with one task: what an application would put into its PERFKIT_CONFIG_FILE, as small as can
   be, so that what is measured with it is perfkit's own part. A mutex counts its locks, so that one that is taken twice is seen. */
#ifndef MUTEX_H
#define MUTEX_H
#define PERFKIT_MUTEX_INIT(m) ((m)->bytes[0] = 0, true)
#define PERFKIT_MUTEX_DESTROY(m) ((void)(m))
#define PERFKIT_MUTEX_LOCK(m) ((void)(m)->bytes[0]++)
#define PERFKIT_MUTEX_UNLOCK(m) ((void)(m)->bytes[0]--)
#endif
