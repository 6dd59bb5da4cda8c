"""How Relaybox starts, runs and is tested: the supervisor behind everything in bin/.

Plain Python from the standard library, so that it also runs where nothing is installed yet.
"""
