/* A reply goes out: two workers, a lease that may run out under one that is only slow, crashes anywhere.
 *
 * `sending` is committed before the call. Whoever finds a lease that ran out cannot know whether the call
 * went out, so the reply becomes `unknown` and a person looks; nobody sends it again by himself.
 *
 * Promises: the platform gets it once at most; in the end it is sent or a person is asked.
 * Negative controls, each of which must fail: -DSEND_AGAIN (the lease runs out: queue it again),
 * -DCALL_FIRST (the call comes before the commit of `sending`), -DNO_CLOCK (nobody looks at leases).
 */
#define QUEUED 0
#define SENDING 1
#define SENT 2
#define UNKNOWN 3

byte state = QUEUED;
byte token = 0;
byte posts = 0;
byte faults = 2;

active [2] proctype Worker() {
  byte mine;
end:
  do
  :: state == QUEUED ->
#ifdef CALL_FIRST
     posts++;
#endif
     atomic {
       mine = 0;
       if
       :: state == QUEUED -> state = SENDING; token++; mine = token
       :: else
       fi
     }
     if
     :: mine == 0
     :: atomic { mine > 0 && faults > 0 -> faults-- }   /* dies before the call */
     :: mine > 0 ->
#ifndef CALL_FIRST
        posts++;
#endif
        if
        :: atomic { faults > 0 -> faults-- }   /* dies after it */
        :: atomic {
             if
             :: state == SENDING && token == mine -> state = SENT
             :: else
             fi
           }
        fi
     fi
  od
}

#ifndef NO_CLOCK
active proctype Clock() {
end:
  do
  :: atomic { state == SENDING && token < 4 ->
#ifdef SEND_AGAIN
       state = QUEUED
#else
       state = UNKNOWN
#endif
     }
  od
}
#endif

ltl once { [] (posts <= 1) }
ltl settled { <> (state == SENT || state == UNKNOWN) }
