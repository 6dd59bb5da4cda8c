/* Events come in: the door, a bell that may not ring, two workers, the sweeper, and whatever may go wrong.
 *
 * The row is the queue. The door commits before it acknowledges; a worker leases a row, and its effects commit
 * together with `done` while the lease is its own; the sweeper takes what nobody was called for.
 *
 * Promises: no event becomes two items; an acknowledged event becomes one in the end.
 * Negative controls, each of which must fail: -DACK_FIRST, -DNO_SWEEPER, -DNO_TOKEN.
 */
#define EVENTS 1                /* events share nothing but the workers, so one says it all */
#define NONE 0
#define PENDING 1
#define LEASED 2
#define DONE 3

byte state[EVENTS];
byte token[EVENTS];             /* whose lease it is; grows with every lease */
byte items[EVENTS];
bool acked[EVENTS];
bool orphan[EVENTS];            /* its worker has died */
byte faults = 2;                /* crashes and leases that run out under a slow worker */
chan bell = [EVENTS] of { byte };

inline maybe_crash() {
  if
  :: atomic { faults > 0 -> faults-- }; goto again
  :: skip
  fi
}

inline store(e) {
  atomic {
    if
    :: state[e] == NONE -> state[e] = PENDING
    :: else                     /* it was delivered before: the unique key says so */
    fi
  }
}

inline ring(e) {
  if
  :: nfull(bell) -> bell!e
  :: skip                       /* Redis is away: nobody hears it */
  fi
}

proctype Door(byte e) {
again:                          /* the platform delivers again until it is answered */
#ifdef ACK_FIRST
  acked[e] = true;
  if
  :: atomic { faults > 0 -> faults-- }; goto ended
  :: skip
  fi;
  store(e);
  ring(e);
ended:
  skip
#else
  maybe_crash();
  store(e);
  maybe_crash();
  acked[e] = true;
  ring(e)
#endif
}

inline digest(e) {
  atomic {
    mine = 0;
    if
    :: state[e] == PENDING -> state[e] = LEASED; token[e]++; mine = token[e]
    :: else
    fi
  }
  if
  :: mine == 0
  :: atomic { mine > 0 && faults > 0 -> faults--; orphan[e] = (token[e] == mine) }      /* the worker dies */
  :: mine > 0 ->
#ifdef NO_TOKEN
     items[e]++;
     state[e] = DONE
#else
     atomic {
       if
       :: state[e] == LEASED && token[e] == mine -> items[e]++; state[e] = DONE
       :: else                                  /* another has taken it over: all is rolled back */
       fi
     }
#endif
  fi
}

active [2] proctype Worker() {
  byte e, mine;
end:
  do
  :: bell?e -> digest(e)
  od
}

#ifndef NO_SWEEPER
active proctype Sweeper() {
  byte mine;
end:
  do
  :: state[0] == PENDING -> digest(0)
  od
}
#endif

active proctype Clock() {       /* a lease runs out, whether its worker died or is only slow */
end:
  do
  :: atomic { state[0] == LEASED && orphan[0] -> state[0] = PENDING; orphan[0] = false }
  :: atomic { state[0] == LEASED && !orphan[0] && faults > 0 -> faults--; state[0] = PENDING }
  od
}

init {
  run Door(0)
}

ltl once { [] (items[0] <= 1) }
ltl never_lost { [] (acked[0] -> <> (items[0] == 1)) }
