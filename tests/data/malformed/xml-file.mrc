<?xml version="1.0"?><collection xmlns="http://www.loc.gov/MARC21/slim"/>
