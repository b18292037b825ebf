/* ack_early.c: linked into a program, it takes away what holds acknowledgements back until the commit: libmosquitto believes that its own loop runs, and
   acknowledges each message before anybody has seen it. A control: the tests of this folder must notice. */
struct mosquitto;
__attribute__((visibility("default"))) int mosquitto_threaded_set(struct mosquitto *m, _Bool threaded);

int mosquitto_threaded_set(struct mosquitto *m, _Bool threaded) {
    (void)m;
    (void)threaded;
    return 0;
}
