module isogloss/steps

go 1.25
