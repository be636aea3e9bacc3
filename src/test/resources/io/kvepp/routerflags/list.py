import argparse

from dynamo.router.args import DynamoRouterArgGroup

parser = argparse.ArgumentParser(add_help=False)
DynamoRouterArgGroup().add_arguments(parser)
for action in parser._actions:
    for flag in action.option_strings:
        kind = "switch" if action.nargs == 0 else getattr(action.type, "__name__", "str")
        usual = "" if action.nargs == 0 or action.default is None else action.default
        print(flag, kind, usual, "|".join(action.choices or []), sep=",")
