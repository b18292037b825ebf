/* broker.h: a private mosquitto for a test: on 127.0.0.1, a port of its own, in a folder of its own, gone with the test whatever happens to it. */
#ifndef OT_TEST_BROKER_H
#define OT_TEST_BROKER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct broker {
    pid_t pid;        /* 0: not running */
    int port;         /* of the listener */
    char folder[64];  /* for files of the test too; holds mosquitto.conf, mosquitto.db, log */
    char url[64];     /* mqtt://127.0.0.1:PORT */
    char lines[2048]; /* of the configuration, behind the listener */
} broker;

bool broker_available(void); /* is a mosquitto installed? */
bool broker_init(broker *b); /* chooses folder and port; nothing runs yet */
/* Starts it with lines of configuration ("" for none; they come behind "listener", so that those of a listener hold for it) and waits until it accepts.
   allow_anonymous is true unless the lines say otherwise. False: does not start; the reason is on standard error. */
bool broker_start(broker *b, const char *lines);
void broker_signal(broker *b,
                   int signal); /* SIGTERM, SIGKILL: and waits for its end; SIGSTOP, SIGCONT: does not wait */
bool broker_restart(broker *b); /* with the same port, folder and lines */
size_t broker_log(const broker *b, const char *text); /* how often a text stands in its log */
/* Puts ca.pem, other-ca.pem, server.pem, server.key, client.pem and client.key into the folder, by the openssl program; false: there is none. The server is
   "localhost" and 127.0.0.1. */
bool broker_certificates(const broker *b);
void broker_free(broker *b); /* ends it and removes the folder */

#endif
