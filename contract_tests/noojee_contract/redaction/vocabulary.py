"""The words that stay in free texts, such as error messages. Every other word is replaced.

The list has no first names and no family names that are also words ("mark", "grant", "rose").
"""

from __future__ import annotations

from functools import cache
from http import HTTPStatus

_WORDS = """
a about above accept accepted access account action active after again against agent all allowed already also an and
another any api apikey apache are argument as asterisk at audio auth authenticate authenticated authentication
authorisation authorization authorized available backend bad basic be bearer because been before being below between
body boolean broken busy but by bytes call called caller calls can cannot cause caused channel character characters
charset check client closed code column com conflict connect connected connection connector contact content context
could coyote create created credential credentials data database date day days debug default delete deleted denied
deprecated description detail details did disabled disallowed do document does done duplicate each element empty enabled
encoding end ended endpoint entity error errors every exceeded exception exist existing exists expected expired
extension external failed failure false field fields file filename find first for forbidden form format found free from
full gateway general get given global go group gzip had handler hangup has hash have header hello hour hours how html
http https id if illegal in inactive inbound index information input inside integer internal into invalid is it its java
javax json key language last later leg legs length less level limit limited line lines list listing local location lock
locked log login long longer lookup malformed many match maximum may media message meta metadata method methods millis
milliseconds minimum minute minutes missing more moment most multiple must name nginx no none noojee njadmin not nothing
null number object of off ok old on once one only open openresty operation option options or org other out outbound over
page parameter parameters parse parsed passed password path pbx per permanent permission permissions permitted please
port position post problem process protocol proxy put queue query quota range rate read reason received record recorded
recorder recording recordings refused reject rejected release repeated replay report request requested requests required
reset resource resources response rest resume result results retrieve retry returned role root route same search second
seconds seen selected send sent sequence server service session set should simple size so some sound source space start
started state status still stop stopped storage stored string success successful support supported syntax system tag
tags temporarily temporary terminated text than that the their them then there these they this time timed timeout
timestamp to today token tomcat too transfer try type unable unauthorized unavailable unexpected unique unknown
unreachable unrecognised unrecognized unsupported until up update upgrade upstream uri url use used user username users
using utf valid validation value values version wait was way we were wget what when where whether which while window
with within without word write written wrong xml yet you your zero zone
connect read write reset peer broken pipe certificate verify handshake ssl tls dns resolve hostname host python httpx
curl mozilla gecko okhttp aiohttp urllib axios
realm attachment inline wav mp3 gsm stale retries attempts attempt interval jetty glassfish jersey servlet tomcat
older newer late early hungup hung ringing dialing already
readtimeout connecttimeout writetimeout pooltimeout connecterror readerror writeerror closeerror remoteprotocolerror
localprotocolerror decodingerror errno chunk chunked whole garbage answer answered sending receiving
application json octet stream includesubdomains max age preload self src img style script unsafe
"""


@cache
def vocabulary() -> frozenset[str]:
    """The words that stay, in lower case."""
    phrases = (status.phrase.lower().replace("-", " ").replace("'", " ") for status in HTTPStatus)
    return frozenset([*_WORDS.split(), *(word for phrase in phrases for word in phrase.split())])
