"""The cost of a kilowatt-hour and a kilowatt: tariffs, exact bills, and terms for the optimizer.

`calendar` and `charges` make a `Tariff`; `urdb`, `catalog` and `native` read one. `billing` bills a meter series;
`horizon` lays a tariff over a horizon. It imports only `domain`.
"""
