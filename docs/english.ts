// Pages in English are in English whoever makes them.
process.env.BERTH_LANG = "en";
