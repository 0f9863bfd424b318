"""`companion bench voice`: the voice loop measured from recordings, a naive build of the same engines beside it.

`measure` is the way in. `user` is loaded by the audio worker: what it imports must have a place there.
"""
