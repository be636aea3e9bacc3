"""The words that pseudo-text is made of.

Each is one token with its leading space, both in the generated model (which is trained on them) and, nearly
always, in Qwen2.5.
"""

from __future__ import annotations

WORDS = tuple("""
about above across after again air all along also always among and animal answer any are area around ask away back
base because bed been before began begin being below best better between big bird black blue boat body book both box
boy bring brought build busy but call came can car care carry cat center change check children city class clear close
cold color come complete could country course cover cross cut dark day deep did different direct does dog done door
down draw drive dry during each early earth east easy eat end enough even ever every example eye face fact fall family
far farm fast father feel feet few field figure fill final find fine fire first fish five fly follow food foot form
found four free friend from front full game gave get girl give gold good got great green ground group grow had half
hand happen hard has have head hear heat help here high hold home horse hot hour house how hundred idea island just
keep kind king knew know land language large last late laugh lead learn leave left less let letter life light like
line list listen little live long look love low machine made main make man many map mark may mean measure men might
mile mind minute money moon more morning most mother mountain move much music must name near need never new next night
north note nothing notice now number object ocean off often old once one only open order other our out over own page
paper part pass pattern people perhaps person picture piece place plain plan plant play point power present problem
produce product pull put question quick rain ran reach read ready real red remember rest right river road rock room
round rule run said same saw say school science sea second see seem sentence serve set several she ship short should
show side simple since sing sit six size sleep slow small snow some song soon sound south special spell stand star
start state stay step stood stop story street strong study such sun sure surface system table take talk teach tell ten
test than that the their them then there these they thing think this those though thought thousand three through time
together told too took top toward town travel tree true try turn two under unit until upon use usual very voice vowel
wait walk want war warm watch water way week well went were west what wheel when where which while white who whole why
will wind with wood word work world would write year yes yet you young your
""".split())
